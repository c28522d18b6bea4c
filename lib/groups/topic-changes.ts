import type { MetadataRecord } from '../metadata/records.ts'

/**
 * Counts what happens to topics, so that a group can tell at a glance that nothing did since it last looked at those it
 * subscribes to.
 */
export class TopicChanges {
  #version = 0
  #newTopicsVersion = 0

  /** Rises whenever topics come, go or get more partitions or other replicas. */
  get version(): number {
    return this.#version
  }

  /** The version of the metadata in which a topic last came. */
  get newTopicsVersion(): number {
    return this.#newTopicsVersion
  }

  /** @param metadataVersion of the image that the records made */
  apply(records: readonly MetadataRecord[], metadataVersion: number): void {
    for (const record of records) {
      switch (record.type) {
        case 'TopicRecord':
          this.#newTopicsVersion = metadataVersion
          this.#version++
          break
        case 'PartitionRecord':
        case 'RemoveTopicRecord':
          this.#version++
          break
        case 'PartitionChangeRecord':
          if (record.replicas) this.#version++
      }
    }
  }
}

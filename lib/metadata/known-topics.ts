import { KnownStrings } from '../../protocol/primitives/known-strings.ts'
import { KnownUuids } from '../../protocol/primitives/known-uuids.ts'
import type { Metadata } from './metadata.ts'
import type { MetadataRecord } from './records.ts'

/**
 * The topics of a cluster by what a request says of them, as it lies in the request's bytes: a decoder gets their names
 * and ids as the strings that the metadata has already, and who is after the topic alone needs no string.
 */
export class KnownTopics {
  /** Indexes of topics by their names' bytes. */
  readonly strings = new KnownStrings()
  /** Indexes of topics by their ids' bytes. */
  readonly uuids = new KnownUuids()
  readonly #metadata: Metadata

  constructor(metadata: Metadata) {
    this.#metadata = metadata
    metadata.subscribe((records) => {
      for (const record of records) this.#follow(record)
    })
  }

  /** -1 where there is no topic of this name. */
  indexOf(name: string): number {
    return this.#metadata.image.topicsByName.get(name)?.index ?? -1
  }

  nameAt(index: number): string | undefined {
    return this.strings.text(index)
  }

  #follow(record: MetadataRecord): void {
    if (record.type === 'TopicRecord') {
      // It may have been removed again by the same commit.
      const topic = this.#metadata.image.topicsById.get(record.topicId)
      if (topic === undefined) return
      this.strings.add(topic.name, topic.index)
      this.uuids.add(topic.topicId, topic.index)
    } else if (record.type === 'RemoveTopicRecord') {
      this.#remove(record.topicId)
    }
  }

  #remove(topicId: string): void {
    const index = this.uuids.numberOf(topicId)
    const name = this.strings.text(index)
    if (name === undefined) return
    this.uuids.remove(topicId)
    this.strings.remove(name)
  }
}

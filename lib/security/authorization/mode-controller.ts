import type { Metadata } from '../../metadata/metadata.ts'
import type { MetadataRecord } from '../../metadata/records.ts'
import type { ModeAuthorizer } from './mode-authorizer.ts'
import type { Mode } from './mode-bits.ts'

/**
 * Makes of the metadata's records what an authorizer goes by. The overrides of a topic go with the topic: one that is made
 * anew under the same name begins with the defaults.
 */
export class ModeFollower {
  readonly #authorizer: ModeAuthorizer
  readonly #names = new Map<string, string>()

  constructor(authorizer: ModeAuthorizer) {
    this.#authorizer = authorizer
  }

  follow(record: MetadataRecord): void {
    switch (record.type) {
      case 'TopicRecord':
        this.#names.set(record.topicId, record.name)
        return
      case 'RemoveTopicRecord': {
        const name = this.#names.get(record.topicId) as string
        this.#names.delete(record.topicId)
        for (const who of [...(this.#authorizer.store.topics.get(name)?.keys() ?? [])]) {
          this.#authorizer.setTopic(name, who, undefined)
        }
        return
      }
      case 'DefaultModeRecord':
        this.#authorizer.setDefault(record.who, record.mode ?? undefined)
        return
      case 'TopicModeRecord':
        this.#authorizer.setTopic(record.topicName, record.who, record.mode ?? undefined)
        return
      case 'UserGroupsRecord':
        this.#authorizer.setGroups(record.user, record.groups)
    }
  }
}

/** The modes of a cluster, and the one way to change them: by records. */
export class ModeController {
  readonly authorizer: ModeAuthorizer
  readonly #metadata: Metadata

  constructor(metadata: Metadata, authorizer: ModeAuthorizer) {
    this.#metadata = metadata
    this.authorizer = authorizer
    const follower = new ModeFollower(authorizer)
    metadata.subscribe((records) => {
      for (const record of records) follower.follow(record)
    })
  }

  /** @param who a user, `@group` or `*` @param mode null takes the entry away */
  setDefault(who: string, mode: Mode | null): void {
    this.#metadata.commit([{ type: 'DefaultModeRecord', who, mode }])
  }

  /** @param who a user, `@group` or `*` @param mode null takes the entry away */
  setTopic(topicName: string, who: string, mode: Mode | null): void {
    this.#metadata.commit([{ type: 'TopicModeRecord', topicName, who, mode }])
  }

  setGroups(user: string, groups: readonly string[]): void {
    this.#metadata.commit([{ type: 'UserGroupsRecord', user, groups }])
  }
}

import type { DefaultModeRecord, TopicModeRecord, UserGroupsRecord } from './records.ts'

export type ModeRecord = DefaultModeRecord | TopicModeRecord | UserGroupsRecord

/** The mode bits, as the records made them: who may do what to topics where no ACLs decide. */
export class ModesImage {
  readonly defaults = new Map<string, number>()
  /** By topic, then by whom they are for. */
  readonly topics = new Map<string, Map<string, number>>()
  readonly groups = new Map<string, readonly string[]>()

  apply(record: ModeRecord): void {
    if (record.type === 'UserGroupsRecord') {
      if (record.groups.length === 0) this.groups.delete(record.user)
      else this.groups.set(record.user, record.groups)
      return
    }
    const { who, mode } = record
    const modes = record.type === 'DefaultModeRecord' ? this.defaults : this.#overrides(record.topicName)
    if (mode === null) modes.delete(who)
    else modes.set(who, mode)
    if (record.type === 'TopicModeRecord' && modes.size === 0) this.topics.delete(record.topicName)
  }

  /** A topic's overrides go with it. */
  forget(topicName: string): void {
    this.topics.delete(topicName)
  }

  *records(): Generator<ModeRecord> {
    for (const [who, mode] of this.defaults) yield { type: 'DefaultModeRecord', who, mode }
    for (const [topicName, modes] of this.topics) {
      for (const [who, mode] of modes) yield { type: 'TopicModeRecord', topicName, who, mode }
    }
    for (const [user, groups] of this.groups) yield { type: 'UserGroupsRecord', user, groups }
  }

  #overrides(topicName: string): Map<string, number> {
    const known = this.topics.get(topicName)
    if (known) return known
    const overrides = new Map<string, number>()
    this.topics.set(topicName, overrides)
    return overrides
  }
}

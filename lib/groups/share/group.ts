import { MemberTimers } from '../consumer/member-timers.ts'
import { Counter } from '../counter.ts'
import { NO_PARTITIONS, samePartitions, type TopicPartitions } from '../topic-partitions.ts'

export type ShareGroupState = 'Empty' | 'Stable'

/** A member of a share group as its records tell it (`ShareGroupMember`). Never changed: replaced. */
export interface ShareMember {
  readonly memberId: string
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly subscribedTopicNames: ReadonlySet<string>
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly assigned: TopicPartitions
}

export function newShareMember(memberId: string): ShareMember {
  return {
    memberId,
    rackId: null,
    clientId: '',
    clientHost: '',
    subscribedTopicNames: new Set(),
    memberEpoch: 0,
    previousMemberEpoch: -1,
    assigned: NO_PARTITIONS,
  }
}

/** The epochs of a group that nobody has joined: the first member raises both. */
const INITIAL_EPOCH = 1

/**
 * A group of KIP-932: who is in it and which partitions each shall read, some of them several members (`ShareGroup`).
 * Only records change it (`replay.ts`).
 */
export class ShareGroup {
  readonly type = 'share'
  readonly protocolType = 'share'
  readonly groupId: string
  groupEpoch = INITIAL_EPOCH
  assignmentEpoch = INITIAL_EPOCH
  /** When the target assignment was made, ms since 1970; 0 when the next one need not wait. */
  assignmentTimestampMs = 0
  metadataHash = 0
  /** The `TopicChanges.version` up to which the topics are known not to have changed. */
  topicsCheckedAt = -1
  readonly timers = new MemberTimers()
  /** The partitions whose states have been set up, by topic id. */
  initialized: TopicPartitions = NO_PARTITIONS
  readonly #members = new Map<string, ShareMember>()
  readonly #targets = new Map<string, TopicPartitions>()
  /** How many members subscribe to each topic. */
  readonly #topics = new Counter()

  constructor(groupId: string) {
    this.groupId = groupId
  }

  get members(): ReadonlyMap<string, ShareMember> {
    return this.#members
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  get state(): ShareGroupState {
    return this.isEmpty ? 'Empty' : 'Stable'
  }

  get subscribedTopics(): readonly string[] {
    return [...this.#topics.keys()]
  }

  isSubscribedTo(topic: string): boolean {
    return this.#topics.get(topic) > 0
  }

  targetOf(memberId: string): TopicPartitions {
    return this.#targets.get(memberId) ?? NO_PARTITIONS
  }

  hasTarget(memberId: string, target: TopicPartitions): boolean {
    const known = this.#targets.get(memberId)
    return known !== undefined && samePartitions(known, target)
  }

  setTarget(memberId: string, target: TopicPartitions | undefined): void {
    if (target) this.#targets.set(memberId, target)
    else this.#targets.delete(memberId)
  }

  setMember(member: ShareMember): void {
    this.removeMember(member.memberId)
    this.#members.set(member.memberId, member)
    for (const topic of member.subscribedTopicNames) this.#topics.count(topic, 1)
  }

  removeMember(memberId: string): void {
    const old = this.#members.get(memberId)
    if (!old) return
    this.#members.delete(memberId)
    for (const topic of old.subscribedTopicNames) this.#topics.count(topic, -1)
  }

  cancelTimers(): void {
    this.timers.cancelAll()
  }
}

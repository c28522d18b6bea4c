import type { Timer } from '../../lab/clock.ts'
import { Counter } from '../counter.ts'
import { NO_PARTITIONS, PartitionOwners, samePartitions, type TopicPartitions } from '../topic-partitions.ts'
import { type ConsumerMember, isReconciledTo } from './member.ts'
import { MemberSpecs } from './member-specs.ts'
import { MemberTimers } from './member-timers.ts'
import { Subscriptions } from './subscriptions.ts'

/**
 * - Empty: no members.
 * - Assigning: the target assignment is older than the group's epoch.
 * - Reconciling: members are on their way to the target assignment.
 * - Stable: all are there.
 */
export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

const CONSUMER_PROTOCOL_TYPE = 'consumer'
/** The epochs of a group that nobody has joined: the first member raises both. */
const INITIAL_EPOCH = 1

/**
 * A group of KIP-848: who is in it, what each shall have and what each has (`ConsumerGroup`). Only records change it
 * (`replay.ts`); when to write which is decided in the files beside.
 */
export class ConsumerGroup {
  readonly type = 'consumer'
  readonly protocolType = CONSUMER_PROTOCOL_TYPE
  readonly groupId: string
  /** Rises with each change of members, subscriptions or topics. */
  groupEpoch = INITIAL_EPOCH
  /** The group epoch that the target assignment is for. */
  assignmentEpoch = INITIAL_EPOCH
  /** When the target assignment was made, ms since 1970; 0 when the next one need not wait. */
  assignmentTimestampMs = 0
  /** Stands for the topics that the group subscribes to, as they were when the group epoch last rose. */
  metadataHash = 0
  /** The `TopicChanges.version` up to which the topics are known not to have changed. */
  topicsCheckedAt = -1
  readonly subscriptions = new Subscriptions()
  readonly timers = new MemberTimers()
  /** Who has what now; a partition that one has yet to give up is that member's. */
  readonly owners = new PartitionOwners()
  /** Who shall have what. */
  readonly targetOwners = new PartitionOwners()
  /** The regular expressions are about to be resolved. */
  resolving: Timer | undefined
  readonly specs = new MemberSpecs()
  readonly #members = new Map<string, ConsumerMember>()
  readonly #staticMembers = new Map<string, string>()
  readonly #targets = new Map<string, TopicPartitions>()
  readonly #assignors = new Counter()
  readonly #classicProtocols = new Counter()
  #classicMembers = 0

  constructor(groupId: string) {
    this.groupId = groupId
  }

  get members(): ReadonlyMap<string, ConsumerMember> {
    return this.#members
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  get state(): ConsumerGroupState {
    if (this.isEmpty) return 'Empty'
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.#members.values()) {
      if (!isReconciledTo(member, this.assignmentEpoch)) return 'Reconciling'
    }
    return 'Stable'
  }

  get targets(): ReadonlyMap<string, TopicPartitions> {
    return this.#targets
  }

  targetOf(memberId: string): TopicPartitions {
    return this.#targets.get(memberId) ?? NO_PARTITIONS
  }

  staticMemberId(instanceId: string): string | undefined {
    return this.#staticMembers.get(instanceId)
  }

  staticMember(instanceId: string): ConsumerMember | undefined {
    const memberId = this.#staticMembers.get(instanceId)
    return memberId === undefined ? undefined : this.#members.get(memberId)
  }

  isSubscribedTo(topic: string): boolean {
    return this.subscriptions.has(topic)
  }

  /** The assignor that most members want, of those that want one. */
  get preferredAssignor(): string | undefined {
    return this.#assignors.most()
  }

  get classicMembers(): number {
    return this.#classicMembers
  }

  /** Whether one of these protocols is also that of every other member that speaks the classic protocol. */
  supportsClassicProtocols(protocolType: string, protocols: readonly { readonly name: string }[]): boolean {
    if (protocolType !== CONSUMER_PROTOCOL_TYPE) return false
    return protocols.some(({ name }) => this.#classicProtocols.get(name) === this.#classicMembers)
  }

  /** A member of that id comes, or is another than before. */
  setMember(member: ConsumerMember): void {
    const { memberId } = member
    const old = this.#members.get(memberId)
    if (old) this.#forget(old)
    this.#members.set(memberId, member)
    this.specs.set(member, this.targetOf(memberId))
    this.subscriptions.replace(old, member)
    if (member.instanceId !== null) this.#staticMembers.set(member.instanceId, memberId)
    this.owners.give(memberId, member.assigned)
    this.owners.give(memberId, member.pendingRevocation)
    this.#count(member, 1)
  }

  removeMember(memberId: string): void {
    const old = this.#members.get(memberId)
    if (!old) return
    this.#forget(old)
    this.#members.delete(memberId)
    this.specs.delete(memberId)
    this.subscriptions.replace(old, undefined)
  }

  #forget(member: ConsumerMember): void {
    const { memberId, instanceId } = member
    if (instanceId !== null && this.#staticMembers.get(instanceId) === memberId) {
      this.#staticMembers.delete(instanceId)
    }
    this.owners.take(memberId, member.assigned)
    this.owners.take(memberId, member.pendingRevocation)
    this.#count(member, -1)
  }

  #count({ serverAssignor, classic }: ConsumerMember, step: 1 | -1): void {
    if (serverAssignor !== null) this.#assignors.count(serverAssignor, step)
    if (!classic) return
    this.#classicMembers += step
    for (const { name } of classic.supportedProtocols) this.#classicProtocols.count(name, step)
  }

  /** What the member shall have from now on; undefined when it is gone. */
  setTarget(memberId: string, target: TopicPartitions | undefined): void {
    this.targetOwners.take(memberId, this.targetOf(memberId))
    if (target) {
      this.#targets.set(memberId, target)
      this.targetOwners.give(memberId, target)
    } else this.#targets.delete(memberId)
    const member = this.#members.get(memberId)
    if (member) this.specs.set(member, this.targetOf(memberId))
  }

  hasTarget(memberId: string, target: TopicPartitions): boolean {
    const known = this.#targets.get(memberId)
    return known !== undefined && samePartitions(known, target)
  }

  cancelTimers(): void {
    this.resolving?.cancel()
    this.timers.cancelAll()
  }
}

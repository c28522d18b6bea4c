import { ErrorCode } from '../../../protocol/errors.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { GroupShard } from '../shard.ts'
import {
  type ListedPartitions,
  NO_PARTITIONS,
  type PartitionEpochs,
  sameEpochs,
} from '../topic-partitions.ts'
import type { ConsumerGroup } from './group.ts'
import { type ConsumerMember, isReconciledTo, MemberState } from './member.ts'
import { currentRecord } from './records.ts'
import { expectRevocation } from './sessions.ts'
import { subscribedTopicIds } from './target-assignment.ts'

/** What is known of a member beyond its records when it is heard of. */
export interface Heard {
  /** What it says it owns; null: as before. */
  readonly owned: ListedPartitions | null
  readonly subscriptionChanged: boolean
}

/**
 * Takes the member one step on its way to its target: it gives up first, then moves to the new epoch, then gets what
 * others have given up (KIP-848, `CurrentAssignmentBuilder`).
 *
 * @returns the member as it is then
 */
export function reconcile(
  shard: GroupShard,
  group: ConsumerGroup,
  member: ConsumerMember,
  heard: Heard,
): ConsumerMember | ApiError {
  if (!heard.subscriptionChanged && isReconciledTo(member, group.assignmentEpoch)) return member
  const next = new Step(shard, group, member, heard).next()
  if (next instanceof ApiError || isSame(member, next)) return next
  shard.write([currentRecord(group.groupId, next)])
  if (!next.classic) {
    if (next.state === MemberState.UNREVOKED_PARTITIONS) expectRevocation(shard, group, next)
    else group.timers.cancel('rebalance', member.memberId)
  }
  return next
}

function isSame(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a.state === b.state &&
    a.memberEpoch === b.memberEpoch &&
    a.previousMemberEpoch === b.previousMemberEpoch &&
    sameEpochs(a.assigned, b.assigned) &&
    sameEpochs(a.pendingRevocation, b.pendingRevocation)
  )
}

type Epochs = Map<string, ReadonlyMap<number, number>>

class Step {
  readonly #group: ConsumerGroup
  readonly #member: ConsumerMember
  readonly #heard: Heard
  readonly #subscribed: ReadonlySet<string>

  constructor(shard: GroupShard, group: ConsumerGroup, member: ConsumerMember, heard: Heard) {
    this.#group = group
    this.#member = member
    this.#heard = heard
    this.#subscribed = subscribedTopicIds(group, member, shard.services.metadata.image)
  }

  next(): ConsumerMember | ApiError {
    const member = this.#member
    const { subscriptionChanged, owned } = this.#heard
    switch (member.state) {
      case MemberState.STABLE:
        if (member.memberEpoch !== this.#group.assignmentEpoch) return this.#towardsTarget(member.memberEpoch)
        return subscriptionChanged ? this.#withoutUnsubscribed() : member
      case MemberState.UNREVOKED_PARTITIONS:
        if (!this.#mayOwn(member.pendingRevocation)) return this.#towardsTarget(member.memberEpoch)
        return subscriptionChanged ? this.#withoutUnsubscribed() : member
      case MemberState.UNRELEASED_PARTITIONS:
        return this.#towardsTarget(member.memberEpoch)
      default:
        if (owned?.length === 0) return this.#towardsTarget(this.#group.assignmentEpoch)
        return new ApiError(
          ErrorCode.FENCED_MEMBER_EPOCH,
          'The consumer group member is in a unknown state. The member must abandon all its partitions and rejoin.',
        )
    }
  }

  /** Whether the member may still own some of these. */
  #mayOwn(topics: PartitionEpochs): boolean {
    const { owned } = this.#heard
    if (owned === null) return true
    return owned.some(({ topicId, partitions }) => {
      const revoked = topics.get(topicId)
      return revoked !== undefined && partitions.some((partition) => revoked.has(partition))
    })
  }

  /** In its epoch still, it is asked to give up what it no longer subscribes to. */
  #withoutUnsubscribed(): ConsumerMember {
    const { memberEpoch, assigned, pendingRevocation } = this.#member
    const kept: Epochs = new Map()
    const revoked: Epochs = new Map(pendingRevocation)
    for (const [topicId, partitions] of assigned) {
      if (this.#subscribed.has(topicId)) kept.set(topicId, partitions)
      else revoked.set(topicId, new Map([...(revoked.get(topicId) ?? []), ...partitions]))
    }
    if (kept.size === assigned.size) return this.#member
    if (this.#mayOwn(revoked)) return this.#unrevoked(memberEpoch, kept, revoked)
    return this.#moved(memberEpoch, { assigned: kept })
  }

  #towardsTarget(memberEpoch: number): ConsumerMember {
    const { assignmentEpoch } = this.#group
    const { memberId, assigned } = this.#member
    const target = this.#group.targetOf(memberId)
    const kept: Epochs = new Map()
    const revoked: Epochs = new Map()
    const given: Epochs = new Map()
    let waits = false
    for (const topicId of new Set([...target.keys(), ...assigned.keys()])) {
      const wanted = this.#subscribed.has(topicId) ? target.get(topicId) : undefined
      const keeps = new Map<number, number>()
      const gets = new Map<number, number>()
      const revokes = new Map<number, number>()
      for (const [partition, epoch] of assigned.get(topicId) ?? []) {
        if (wanted?.has(partition)) keeps.set(partition, epoch)
        else revokes.set(partition, epoch)
      }
      for (const partition of wanted ?? []) {
        if (keeps.has(partition)) gets.set(partition, keeps.get(partition) as number)
        else if (this.#isFree(topicId, partition)) gets.set(partition, assignmentEpoch)
        else waits = true
      }
      if (keeps.size > 0) kept.set(topicId, keeps)
      if (gets.size > 0) given.set(topicId, gets)
      if (revokes.size > 0) revoked.set(topicId, revokes)
    }
    if (revoked.size > 0 && this.#mayOwn(revoked)) return this.#unrevoked(memberEpoch, kept, revoked)
    const state = waits ? MemberState.UNRELEASED_PARTITIONS : MemberState.STABLE
    return this.#moved(assignmentEpoch, { state, assigned: given, pendingRevocation: NO_PARTITIONS })
  }

  /** Nobody has it, unless it is the member itself that has just given it up. */
  #isFree(topicId: string, partition: number): boolean {
    if (this.#group.owners.ownerOf(topicId, partition) === undefined) return true
    return this.#member.pendingRevocation.get(topicId)?.has(partition) === true
  }

  #unrevoked(memberEpoch: number, assigned: Epochs, pendingRevocation: Epochs): ConsumerMember {
    const state = MemberState.UNREVOKED_PARTITIONS
    return this.#moved(memberEpoch, { state, assigned, pendingRevocation })
  }

  #moved(memberEpoch: number, change: Partial<ConsumerMember>): ConsumerMember {
    const member = this.#member
    return { ...member, ...change, memberEpoch, previousMemberEpoch: member.memberEpoch }
  }
}

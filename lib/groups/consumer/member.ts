import type { consumerGroupMemberMetadata } from '../../../protocol/formats/consumer-offsets/consumer-group-member-metadata.ts'
import type { Decoded } from '../../../protocol/schema.ts'
import { NO_PARTITIONS, type PartitionEpochs } from '../topic-partitions.ts'

/** How far a member is on its way to its target assignment; the numbers are those of its record (`MemberState`). */
export const MemberState = {
  /** It has what it shall have. */
  STABLE: 0,
  /** It has yet to give up partitions. */
  UNREVOKED_PARTITIONS: 1,
  /** It waits for partitions that others have yet to give up. */
  UNRELEASED_PARTITIONS: 2,
  /** A newer broker wrote a state that is not known here. */
  UNKNOWN: 127,
} as const

export type MemberState = (typeof MemberState)[keyof typeof MemberState]

/** A static member's epoch while it is away and wants its place back. */
export const LEFT_FOR_A_WHILE_EPOCH = -2
/** The epoch in which members leave for good. */
export const LEAVE_EPOCH = -1

type MemberMetadata = Decoded<(typeof consumerGroupMemberMetadata)['value']>

/** What a member that speaks the classic protocol said when it joined. */
export type ClassicMemberMetadata = NonNullable<MemberMetadata['classicMemberMetadata']>

/** A member of a consumer group as its records tell it (`ConsumerGroupMember`). Never changed: replaced. */
export interface ConsumerMember {
  readonly memberId: string
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  /** null for a dynamic member. */
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number
  readonly clientId: string
  readonly clientHost: string
  readonly subscribedTopicNames: ReadonlySet<string>
  /** '' where it subscribes by names only. */
  readonly subscribedTopicRegex: string
  readonly serverAssignor: string | null
  readonly state: MemberState
  /** What it may own. */
  readonly assigned: PartitionEpochs
  /** What it has been asked to give up and may still own. */
  readonly pendingRevocation: PartitionEpochs
  /** null for a member that speaks the consumer protocol. */
  readonly classic: ClassicMemberMetadata | null
}

export function newMember(memberId: string): ConsumerMember {
  return {
    memberId,
    memberEpoch: 0,
    previousMemberEpoch: -1,
    instanceId: null,
    rackId: null,
    rebalanceTimeoutMs: -1,
    clientId: '',
    clientHost: '',
    subscribedTopicNames: new Set(),
    subscribedTopicRegex: '',
    serverAssignor: null,
    state: MemberState.STABLE,
    assigned: NO_PARTITIONS,
    pendingRevocation: NO_PARTITIONS,
    classic: null,
  }
}

export function isReconciledTo(member: ConsumerMember, assignmentEpoch: number): boolean {
  return member.state === MemberState.STABLE && member.memberEpoch === assignmentEpoch
}

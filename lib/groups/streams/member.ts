import type { streamsGroupMemberMetadata } from '../../../protocol/formats/consumer-offsets/streams-group-member-metadata.ts'
import type { Decoded } from '../../../protocol/schema.ts'
import { NO_TASKS, type OwnedTasks } from './tasks.ts'

/** A static member's epoch while it is away and wants its place back. */
export const LEFT_FOR_A_WHILE_EPOCH = -2
/** The epoch in which members leave for good. */
export const LEAVE_EPOCH = -1
export const JOIN_EPOCH = 0

/** How far a member is on its way to its target assignment; the numbers are those of its record (`MemberState`). */
export const MemberState = {
  /** It has what it shall have. */
  STABLE: 1,
  /** It has yet to give up tasks. */
  UNREVOKED_TASKS: 2,
  /** It waits for tasks that others have yet to give up. */
  UNRELEASED_TASKS: 3,
  /** A newer broker wrote a state that is not known here. */
  UNKNOWN: 127,
} as const

export type MemberState = (typeof MemberState)[keyof typeof MemberState]

/** Where other members reach this one for interactive queries. */
export type Endpoint = NonNullable<Decoded<(typeof streamsGroupMemberMetadata)['value']>['userEndpoint']>

/** A member of a streams group as its records tell it (`StreamsGroupMember`). Never changed: replaced. */
export interface StreamsMember {
  readonly memberId: string
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  /** null for a dynamic member. */
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number
  readonly clientId: string
  readonly clientHost: string
  /** Of the topology that it runs. */
  readonly topologyEpoch: number
  /** Members of one process share its state directory. */
  readonly processId: string
  readonly userEndpoint: Endpoint | null
  readonly clientTags: ReadonlyMap<string, string>
  readonly state: MemberState
  /** What it may own. */
  readonly assigned: OwnedTasks
  /** What it has been asked to give up and may still own. */
  readonly pendingRevocation: OwnedTasks
}

export function newStreamsMember(memberId: string): StreamsMember {
  return {
    memberId,
    memberEpoch: 0,
    previousMemberEpoch: 0,
    instanceId: null,
    rackId: null,
    rebalanceTimeoutMs: -1,
    clientId: '',
    clientHost: '',
    topologyEpoch: -1,
    processId: '',
    userEndpoint: null,
    clientTags: new Map(),
    state: MemberState.STABLE,
    assigned: NO_TASKS,
    pendingRevocation: NO_TASKS,
  }
}

export function isReconciledTo(member: StreamsMember, assignmentEpoch: number): boolean {
  return member.state === MemberState.STABLE && member.memberEpoch === assignmentEpoch
}

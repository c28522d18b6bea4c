import { ErrorCode } from '../../../protocol/errors.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { ClassicGroup } from '../classic/group.ts'
import type { GroupRecord } from '../group-record.ts'
import type { GroupShard } from '../shard.ts'
import { StreamsGroup } from './group.ts'
import type { StreamsHeartbeatRequest } from './heartbeat-messages.ts'
import { fencedInstance, unknownInstance, unknownMember } from './leave.ts'
import { JOIN_EPOCH, LEFT_FOR_A_WHILE_EPOCH, newStreamsMember, type StreamsMember } from './member.ts'
import { currentRecord, memberRecord, memberTombstones, targetRecord } from './records.ts'
import { areAmong } from './tasks.ts'

/** A group and the member in it that a heartbeat is from; neither need be there yet. */
export interface Entered {
  /** One that is new is made by what is written of it; what is noted down in this one is forgotten, as Kafka does. */
  readonly group: StreamsGroup
  readonly isNew: boolean
  /** An empty group that makes way. */
  readonly classic: ClassicGroup | undefined
  readonly member: StreamsMember
  /** The static member whose place this one takes. */
  readonly predecessor: StreamsMember | undefined
  /** What is to be written of that. */
  readonly records: readonly GroupRecord[]
}

/** Finds the group and the member of a heartbeat, or what they will be; changes nothing. */
export function enterStreamsGroup(shard: GroupShard, request: StreamsHeartbeatRequest): Entered | ApiError {
  const found = findGroup(shard, request)
  if (found instanceof ApiError) return found
  const { group } = found
  const { memberId, instanceId, memberEpoch } = request
  const joins = memberEpoch === JOIN_EPOCH
  const full = joins ? isFull(shard, group, request) : undefined
  if (full) return full
  const known = instanceId === null ? group.members.get(memberId) : group.staticMember(instanceId)
  if (!joins) {
    const refusal = refuses(known, request)
    if (refusal) return refusal
    return { ...found, member: known as StreamsMember, predecessor: undefined, records: [] }
  }
  if (instanceId === null || !known) {
    const member = group.members.get(memberId) ?? newStreamsMember(memberId)
    return { ...found, member, predecessor: undefined, records: [] }
  }
  if (known.memberEpoch !== LEFT_FOR_A_WHILE_EPOCH) return unreleased(known, memberId, instanceId)
  const member: StreamsMember = { ...known, memberId, memberEpoch: JOIN_EPOCH, previousMemberEpoch: 0 }
  const predecessor = known.memberId === memberId ? undefined : known
  return { ...found, member, predecessor, records: replacement(group, known, member) }
}

function findGroup(
  shard: GroupShard,
  { groupId, memberEpoch }: StreamsHeartbeatRequest,
): Pick<Entered, 'group' | 'isNew' | 'classic'> | ApiError {
  const found = shard.groups.get(groupId)
  if (found?.type === 'streams') return { group: found, isNew: false, classic: undefined }
  if (memberEpoch !== JOIN_EPOCH && !found) {
    return new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, `Streams group ${groupId} not found.`)
  }
  const classic = found?.type === 'classic' && found.isEmpty && memberEpoch === JOIN_EPOCH ? found : undefined
  if (found && !classic) {
    return new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} is not a streams group.`)
  }
  return { group: new StreamsGroup(groupId), isNew: true, classic }
}

function isFull(
  shard: GroupShard,
  group: StreamsGroup,
  { memberId, instanceId }: StreamsHeartbeatRequest,
): ApiError | undefined {
  if (instanceId !== null && group.staticMember(instanceId)) return undefined
  const { groupStreamsMaxSize } = shard.config
  if (group.members.size < groupStreamsMaxSize || group.members.has(memberId)) return undefined
  return new ApiError(
    ErrorCode.GROUP_MAX_SIZE_REACHED,
    `The streams group has reached its maximum capacity of ${groupStreamsMaxSize} members.`,
  )
}

function refuses(known: StreamsMember | undefined, request: StreamsHeartbeatRequest): ApiError | undefined {
  const { groupId, memberId, instanceId } = request
  if (!known) return instanceId === null ? unknownMember(groupId, memberId) : unknownInstance(instanceId)
  if (known.memberId !== memberId) return fencedInstance(known, memberId, instanceId)
  return invalidEpoch(known, request)
}

/** A member may be one epoch behind: the answer that told it of its epoch can have been lost. */
function invalidEpoch(
  { memberEpoch: known, previousMemberEpoch, assigned }: StreamsMember,
  { memberEpoch: received, activeTasks, standbyTasks, warmupTasks }: StreamsHeartbeatRequest,
): ApiError | undefined {
  if (received === known) return undefined
  const isPrevious =
    received < known &&
    received === previousMemberEpoch &&
    activeTasks !== null &&
    standbyTasks !== null &&
    warmupTasks !== null &&
    areAmong(activeTasks, assigned.active) &&
    areAmong(standbyTasks, assigned.standby) &&
    areAmong(warmupTasks, assigned.warmup)
  if (isPrevious) return undefined
  return new ApiError(
    ErrorCode.FENCED_MEMBER_EPOCH,
    `The streams group member has a ${received > known ? 'greater' : 'smaller'} member epoch (${received}) than the one ` +
      `known by the group coordinator (${known}). The member must abandon all its partitions and rejoin.`,
  )
}

/** A static member's place can be taken only when it has left it. */
function unreleased(member: StreamsMember, memberId: string, instanceId: string): ApiError {
  return new ApiError(
    ErrorCode.UNRELEASED_INSTANCE_ID,
    `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned ` +
      `by ${member.memberId} member.`,
  )
}

/** The member takes the place with all that its predecessor had and should have (`replaceStreamsMember`). */
function replacement(group: StreamsGroup, predecessor: StreamsMember, member: StreamsMember): GroupRecord[] {
  const { groupId } = group
  return [
    ...memberTombstones(groupId, predecessor.memberId),
    memberRecord(groupId, member),
    targetRecord(groupId, member.memberId, group.targetOf(predecessor.memberId)),
    currentRecord(groupId, member),
  ]
}

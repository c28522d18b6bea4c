import { ErrorCode } from '../../../protocol/errors.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { GroupShard } from '../shard.ts'
import type { ShareGroup } from './group.ts'

/** Where a group begins in one partition; -1 where it has not read yet, or where that is not known. */
export interface SharedOffset {
  readonly startOffset: number
  readonly leaderEpoch: number
  /** Records that the group has not done with. */
  readonly lag: number
  readonly errorCode: ErrorCode
}

const NONE_YET: SharedOffset = { startOffset: -1, leaderEpoch: 0, lag: -1, errorCode: ErrorCode.NONE }

export function sharedOffset(
  { services: { shares } }: GroupShard,
  { groupId }: ShareGroup,
  topicId: string,
  partition: number,
): SharedOffset {
  const key = { groupId, topicId, partition }
  const state = shares.read(key)
  if (typeof state === 'number') return { ...NONE_YET, errorCode: state }
  if (!state) return NONE_YET
  const { startOffset, leaderEpoch } = state
  return { startOffset, leaderEpoch, lag: shares.lagOf(key, state), errorCode: ErrorCode.NONE }
}

/** The group of which offsets may be changed: one that nobody is in. */
export function emptyShareGroup(shard: GroupShard, groupId: string): ShareGroup | ApiError {
  const group = shard.groups.get(groupId)
  if (!group) return new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} not found.`)
  if (group.type !== 'share') {
    return new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} is not a share group.`)
  }
  return group.isEmpty ? group : new ApiError(ErrorCode.NON_EMPTY_GROUP)
}

import { ErrorCode } from '../../protocol/errors.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import type { RequestContext } from '../network/handler.ts'
import { CLUSTER_ACTION, may } from '../security/authorization/needs.ts'
import type { ShareStateShard } from '../share/share-state-shard.ts'
import type { Parts } from './parts.ts'

type StateParts = Pick<Parts, 'nodeId' | 'shareCoordinator'>

interface StateTopic<P extends { readonly partition: number }> {
  readonly topicId: string
  readonly partitions: readonly P[]
}

interface StateRequest<P extends { readonly partition: number }> {
  readonly groupId: string
  readonly topics: readonly StateTopic<P>[]
}

/** What became of one partition: its results, or why there are none. */
type StateAnswer<R> = ErrorCode | R

/**
 * The requests that brokers keep the states of share partitions by (InitializeShareGroupState and its kind, KIP-932), answered
 * partition by partition by who leads the partition of `__share_group_state` each belongs to. They are for brokers: josephk's
 * own need no requests, for they share a process.
 */
export function answerStates<P extends { readonly partition: number }, R extends object>(
  { nodeId, shareCoordinator }: StateParts,
  { groupId, topics }: StateRequest<P>,
  context: RequestContext,
  ask: (
    shard: ShareStateShard,
    key: { groupId: string; topicId: string; partition: number },
    partition: P,
  ) => StateAnswer<R>,
) {
  const isAllowed = may(context, CLUSTER_ACTION)
  const isEmpty = groupId === '' || topics.some(({ partitions }) => partitions.length === 0)
  // Kafka says nothing at all to a request that lacks something.
  if (isAllowed && isEmpty) return { results: [] }
  const answer = (topicId: string, asked: P): StateAnswer<R> => {
    if (!isAllowed) return CLUSTER_ACTION.errorCode
    const key = { groupId, topicId, partition: asked.partition }
    const shard = shareCoordinator.shardOf(key, nodeId)
    return shard ? ask(shard, key, asked) : ErrorCode.NOT_COORDINATOR
  }
  return {
    results: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map((asked) => {
        const { partition } = asked
        const answered = answer(topicId, asked)
        if (typeof answered !== 'number') return { partition, errorCode: ErrorCode.NONE, ...answered }
        if (answered === ErrorCode.NONE) return { partition, errorCode: answered }
        return { partition, ...new ApiError(answered, MESSAGES.get(answered)) }
      }),
    })),
  }
}

const MESSAGES: ReadonlyMap<ErrorCode, string> = new Map([
  [ErrorCode.NOT_COORDINATOR, 'Another broker coordinates the share partition.'],
  [ErrorCode.FENCED_STATE_EPOCH, 'The state has been set up anew since that epoch.'],
  [ErrorCode.FENCED_LEADER_EPOCH, 'A later leader of the partition has read the state.'],
  [ErrorCode.INVALID_REQUEST, 'An index or an epoch is below 0, or the state has not been set up.'],
])

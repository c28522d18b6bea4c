import { offsetForLeaderEpoch } from '../../protocol/messages/offset-for-leader-epoch.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { CLUSTER_ACTION, DESCRIBE_TOPIC, may, unless } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'

/*
 * OffsetForLeaderEpoch, v0 to v4: where a leader epoch ends, so that a client finds out whether what it has read is
 * still what the log has (KIP-101, KIP-320). Only the leader answers. v1 tells the epoch, v2 takes the client's own.
 */

export function createOffsetForLeaderEpochHandler({ replicas }: Pick<Parts, 'replicas'>): Handler {
  return guarded(offsetForLeaderEpoch, [unless(CLUSTER_ACTION, DESCRIBE_TOPIC)], ({ topics }, context) => {
    const isBroker = may(context, CLUSTER_ACTION)
    return {
      topics: topics.map(({ topic, partitions }) => {
        const isHidden = !isBroker && !may(context, DESCRIBE_TOPIC, topic)
        return {
          topic,
          partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
            if (isHidden) return { partition, errorCode: DESCRIBE_TOPIC.errorCode }
            const end = replicas.endOffsetForEpoch(topic, partition, currentLeaderEpoch, leaderEpoch)
            return typeof end === 'number' ? { partition, errorCode: end } : { partition, ...end }
          }),
        }
      }),
    }
  })
}

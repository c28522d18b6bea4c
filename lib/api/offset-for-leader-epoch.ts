import { offsetForLeaderEpoch } from '../../protocol/messages/offset-for-leader-epoch.ts'
import { type Handler, handler } from '../network/handler.ts'
import type { Parts } from './parts.ts'

/*
 * OffsetForLeaderEpoch, v0 to v4: where a leader epoch ends, so that a client finds out whether what it has read is
 * still what the log has (KIP-101, KIP-320). Only the leader answers. v1 tells the epoch, v2 takes the client's own.
 */

export function createOffsetForLeaderEpochHandler({ replicas }: Pick<Parts, 'replicas'>): Handler {
  return handler(offsetForLeaderEpoch, ({ topics }) => ({
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
        const end = replicas.endOffsetForEpoch(topic, partition, currentLeaderEpoch, leaderEpoch)
        return typeof end === 'number' ? { partition, errorCode: end } : { partition, ...end }
      }),
    })),
  }))
}

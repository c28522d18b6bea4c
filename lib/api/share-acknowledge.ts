// ShareAcknowledge v1-v2 (KIP-932): what a member of a share group has done with records it has acquired. v2: it may keep
// them for longer (KIP-1222).
//
// Checked here: that share groups are switched on, who may read the group and each topic, the session's epoch.

import { ErrorCode } from '../../protocol/errors.ts'
import { shareAcknowledge } from '../../protocol/messages/share-acknowledge.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { may, READ_GROUP, READ_TOPIC } from '../security/authorization/needs.ts'
import { FINAL_EPOCH } from '../share/share-sessions.ts'
import { CurrentLeaders } from './current-leader.ts'
import type { Parts } from './parts.ts'
import { acknowledgeAll, isElsewhere, isMemberId } from './share-acknowledgements.ts'
import { areShareGroupsEnabled } from './share-groups-enabled.ts'

/** v0 was early access and is gone since Kafka 4.1. */
const VERSIONS = { min: 1 }

export function createShareAcknowledgeHandler(
  parts: Pick<Parts, 'metadata' | 'sharePartitions' | 'shareSessions'>,
): Handler {
  const { metadata, sharePartitions, shareSessions } = parts
  return guarded(
    shareAcknowledge,
    [READ_GROUP, READ_TOPIC],
    (request, context) => {
      if (!areShareGroupsEnabled(metadata.image)) return { errorCode: ErrorCode.UNSUPPORTED_VERSION }
      const { groupId, memberId, shareSessionEpoch: epoch, isRenewAck, topics } = request
      if (groupId === null) return { errorCode: ErrorCode.INVALID_REQUEST }
      if (!may(context, READ_GROUP, groupId)) return { errorCode: READ_GROUP.errorCode }
      if (!isMemberId(memberId)) return { errorCode: ErrorCode.INVALID_REQUEST }
      const session = shareSessions.onAcknowledge({ groupId, memberId, epoch })
      if (typeof session === 'number') return { errorCode: session }
      const acknowledged = acknowledgeAll(parts, { groupId, memberId, isRenewAck }, topics, context)
      if (epoch === FINAL_EPOCH) shareSessions.release(session)
      const leaders = new CurrentLeaders(metadata.image, context.session.listenerName)
      const topicIds = [...new Set(acknowledged.map(({ topicId }) => topicId))]
      const responses = topicIds.map((topicId) => ({
        topicId,
        partitions: acknowledged
          .filter((each) => each.topicId === topicId)
          .map(({ partition, errorCode, errorMessage = null }) => {
            const topic = isElsewhere(errorCode) ? metadata.image.topicsById.get(topicId) : undefined
            const currentLeader = topic && leaders.leaderOf(topic.name, partition)
            return {
              partitionIndex: partition,
              errorCode,
              errorMessage,
              ...(currentLeader && { currentLeader }),
            }
          }),
      }))
      const { shareRecordLockDurationMs: acquisitionLockTimeoutMs } = sharePartitions.configOf(groupId)
      return { acquisitionLockTimeoutMs, responses, nodeEndpoints: leaders.nodeEndpoints }
    },
    VERSIONS,
  )
}

// ReadShareGroupStateSummary v0-v1 (KIP-932): where a share group begins in partitions. v1: how many records are done with (KIP-1226).
//
// Checked here: that the asker may act for the cluster, who coordinates each partition.

import { readShareGroupStateSummary } from '../../protocol/messages/read-share-group-state-summary.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { CLUSTER_ACTION } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'
import { answerStates } from './share-state-requests.ts'

/** Of one that has not been set up. */
const NOTHING = { stateEpoch: 0, leaderEpoch: 0, startOffset: -1, deliveryCompleteCount: -1 }

export function createReadShareGroupStateSummaryHandler(
  parts: Pick<Parts, 'nodeId' | 'shareCoordinator'>,
): Handler {
  return guarded(readShareGroupStateSummary, [CLUSTER_ACTION], (request, context) =>
    answerStates(parts, request, context, (shard, key) => {
      const state = shard.summary(key) ?? NOTHING
      if (typeof state === 'number') return state
      const { stateEpoch, leaderEpoch, startOffset, deliveryCompleteCount } = state
      return { stateEpoch, leaderEpoch, startOffset, deliveryCompleteCount }
    }),
  )
}

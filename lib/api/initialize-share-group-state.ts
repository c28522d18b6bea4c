// InitializeShareGroupState v0 (KIP-932): the coordinator of a share group sets up the states of partitions, to begin where it says.
//
// Checked here: that the asker may act for the cluster, who coordinates each partition.

import { initializeShareGroupState } from '../../protocol/messages/initialize-share-group-state.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { CLUSTER_ACTION } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'
import { answerStates } from './share-state-requests.ts'

export function createInitializeShareGroupStateHandler(
  parts: Pick<Parts, 'nodeId' | 'shareCoordinator'>,
): Handler {
  return guarded(initializeShareGroupState, [CLUSTER_ACTION], (request, context) =>
    answerStates(parts, request, context, (shard, key, { stateEpoch, startOffset }) =>
      shard.initialize(key, stateEpoch, startOffset),
    ),
  )
}

// WriteShareGroupState v0-v1 (KIP-932): the leader of a partition keeps what became of records in a share group. v1: how many are done with (KIP-1226).
//
// Checked here: that the asker may act for the cluster, who coordinates each partition.

import { writeShareGroupState } from '../../protocol/messages/write-share-group-state.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { CLUSTER_ACTION } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'
import { answerStates } from './share-state-requests.ts'

export function createWriteShareGroupStateHandler(
  parts: Pick<Parts, 'nodeId' | 'shareCoordinator'>,
): Handler {
  return guarded(writeShareGroupState, [CLUSTER_ACTION], (request, context) =>
    answerStates(parts, request, context, (shard, key, { stateEpoch, ...update }) =>
      shard.write(key, stateEpoch, update),
    ),
  )
}

// DeleteShareGroupState v0 (KIP-932): the coordinator of a share group has the states of partitions forgotten.
//
// Checked here: that the asker may act for the cluster, who coordinates each partition.

import { deleteShareGroupState } from '../../protocol/messages/delete-share-group-state.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { CLUSTER_ACTION } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'
import { answerStates } from './share-state-requests.ts'

export function createDeleteShareGroupStateHandler(
  parts: Pick<Parts, 'nodeId' | 'shareCoordinator'>,
): Handler {
  return guarded(deleteShareGroupState, [CLUSTER_ACTION], (request, context) =>
    answerStates(parts, request, context, (shard, key) => shard.delete(key)),
  )
}

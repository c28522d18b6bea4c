// ReadShareGroupState v0 (KIP-932): the leader of a partition reads how far a share group is in it, and fences earlier leaders.
//
// Checked here: that the asker may act for the cluster, who coordinates each partition.

import { readShareGroupState } from '../../protocol/messages/read-share-group-state.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { CLUSTER_ACTION } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'
import { answerStates } from './share-state-requests.ts'

export function createReadShareGroupStateHandler(parts: Pick<Parts, 'nodeId' | 'shareCoordinator'>): Handler {
  return guarded(readShareGroupState, [CLUSTER_ACTION], (request, context) =>
    answerStates(parts, request, context, (shard, key, { leaderEpoch }) => {
      const state = shard.read(key, leaderEpoch)
      if (typeof state === 'number') return state
      const { stateEpoch, startOffset, stateBatches } = state
      return { stateEpoch, startOffset, stateBatches }
    }),
  )
}

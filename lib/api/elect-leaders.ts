// ElectLeaders, versions 0 to 2. Version 0 knows preferred elections only. Every broker takes it and hands it to the
// controller.
//
// Checks: who may alter the cluster; what `electLeaders` of the controller checks.
// Left out: the timeout, since leaders are elected when the answer is sent.

import { ErrorCode } from '../../protocol/errors.ts'
import { electLeaders } from '../../protocol/messages/elect-leaders.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { ElectionType } from '../metadata/controller/elect-leaders.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { ALTER_CLUSTER } from '../security/authorization/needs.ts'
import { clusterRefusal } from './cluster-refusal.ts'
import type { Parts } from './parts.ts'

export function createElectLeadersHandler({ controller }: Pick<Parts, 'controller'>): Handler {
  return guarded(electLeaders, [ALTER_CLUSTER], ({ electionType, topicPartitions }, context) => {
    const type = context.apiVersion === 0 ? ElectionType.PREFERRED : electionType
    const results = clusterRefusal(context, ALTER_CLUSTER) ?? controller.electLeaders(type, topicPartitions)
    if (!(results instanceof ApiError)) return { errorCode: ErrorCode.NONE, replicaElectionResults: results }
    const { errorCode, errorMessage } = results
    return {
      errorCode,
      replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
        topic,
        partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage })),
      })),
    }
  })
}

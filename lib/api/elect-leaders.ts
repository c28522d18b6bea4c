// ElectLeaders, versions 0 to 2. Version 0 knows preferred elections only. Every broker takes it and hands it to the
// controller.
//
// Checks: what `electLeaders` of the controller checks.
// Left out: the timeout, since leaders are elected when the answer is sent.

import { ErrorCode } from '../../protocol/errors.ts'
import { electLeaders } from '../../protocol/messages/elect-leaders.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { ElectionType } from '../metadata/controller/elect-leaders.ts'
import { type Handler, handler } from '../network/handler.ts'
import type { Parts } from './parts.ts'

export function createElectLeadersHandler({ controller }: Pick<Parts, 'controller'>): Handler {
  return handler(electLeaders, ({ electionType, topicPartitions }, { apiVersion }) => {
    const type = apiVersion === 0 ? ElectionType.PREFERRED : electionType
    const results = controller.electLeaders(type, topicPartitions)
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

// DescribeCluster, versions 0 to 2. The brokers as clients of one listener see them; fenced ones too, if asked (v2).
//
// Checks: that a broker is what the client wanted to speak with (v1).
// Left out: controllers: no listener of theirs is simulated.

import { ErrorCode } from '../../protocol/errors.ts'
import { describeCluster } from '../../protocol/messages/describe-cluster.ts'
import { type Handler, handler } from '../network/handler.ts'
import { clusterAuthorizedOperations, OPERATIONS_NOT_ASKED_FOR } from './authorized-operations.ts'
import { controllerId } from './listener-view.ts'
import type { Parts } from './parts.ts'

const BROKERS = 1
const CONTROLLERS = 2

export function createDescribeClusterHandler({ metadata }: Pick<Parts, 'metadata'>): Handler {
  const { image } = metadata
  return handler(describeCluster, (request, context) => {
    const { listenerName } = context.session
    const { endpointType, includeClusterAuthorizedOperations, includeFencedBrokers } = request
    if (endpointType === CONTROLLERS) {
      return {
        errorCode: ErrorCode.MISMATCHED_ENDPOINT_TYPE,
        errorMessage:
          'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER',
      }
    }
    if (endpointType !== BROKERS) {
      const errorMessage = `Unsupported endpoint type ${endpointType}`
      return { errorCode: ErrorCode.UNSUPPORTED_ENDPOINT_TYPE, errorMessage }
    }
    const brokers = []
    for (const { id, rack, fenced, endPoints } of [...image.brokers.values()].sort((a, b) => a.id - b.id)) {
      const endpoint = endPoints.find(({ name }) => name === listenerName)
      if (!endpoint || (fenced && !includeFencedBrokers)) continue
      brokers.push({ brokerId: id, host: endpoint.host, port: endpoint.port, rack, isFenced: fenced })
    }
    return {
      clusterId: image.clusterId,
      controllerId: controllerId(image),
      brokers,
      clusterAuthorizedOperations: includeClusterAuthorizedOperations
        ? clusterAuthorizedOperations(context)
        : OPERATIONS_NOT_ASKED_FOR,
    }
  })
}

// WriteTxnMarkers, v0 to v2: transactions' ends are written to partitions that this broker leads. Coordinators send it,
// and administrators for transactions whose coordinator does not know of them (KIP-664). v2 tells the version of the
// protocol that the transaction is made in. v0 is what Kafka served before 4.0.
//
// Checked: ALTER of the cluster, or CLUSTER_ACTION.

import type { ErrorCode } from '../../protocol/errors.ts'
import { writeTxnMarkers } from '../../protocol/messages/write-txn-markers.ts'
import type { RequestOf } from '../../protocol/schema.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { ALTER_CLUSTER, CLUSTER_ACTION, may, unless } from '../security/authorization/needs.ts'
import { PartitionErrors } from './partition-errors.ts'
import type { Parts } from './parts.ts'

type Marker = RequestOf<typeof writeTxnMarkers>['markers'][number]

const CLUSTER_ACTION_UNLESS_ALTER = unless(ALTER_CLUSTER, CLUSTER_ACTION)

export function createWriteTxnMarkersHandler({
  nodeId,
  transactionCoordinator,
}: Pick<Parts, 'nodeId' | 'transactionCoordinator'>): Handler {
  const write = (marker: Marker, topic: string, partition: number): ErrorCode =>
    transactionCoordinator.writeMarker(nodeId, topic, partition, {
      producerId: marker.producerId,
      producerEpoch: marker.producerEpoch,
      coordinatorEpoch: marker.coordinatorEpoch,
      committed: marker.transactionResult,
      transactionVersion: marker.transactionVersion,
    })
  return guarded(writeTxnMarkers, [CLUSTER_ACTION_UNLESS_ALTER], ({ markers }, context) => {
    const isAllowed = may(context, ALTER_CLUSTER) || may(context, CLUSTER_ACTION)
    const answers = new Map<number, PartitionErrors>()
    for (const marker of markers) {
      const errors = answers.get(marker.producerId) ?? new PartitionErrors()
      for (const { name, partitionIndexes } of marker.topics) {
        answers.set(marker.producerId, errors)
        for (const partition of partitionIndexes) {
          errors.add(
            { name },
            partition,
            isAllowed ? write(marker, name, partition) : CLUSTER_ACTION.errorCode,
          )
        }
      }
    }
    return { markers: [...answers].map(([producerId, { topics }]) => ({ producerId, topics })) }
  })
}

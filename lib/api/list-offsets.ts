import { ErrorCode } from '../../protocol/errors.ts'
import { listOffsets } from '../../protocol/messages/list-offsets.ts'
import type { RequestOf } from '../../protocol/schema.ts'
import type { Isolation } from '../log/log-results.ts'
import { ListOffsetsTimestamp } from '../log/offset-by-time.ts'
import { type Handler, handler } from '../network/handler.ts'
import type { Parts } from './parts.ts'

/*
 * ListOffsets, v0 to v11.
 *
 * v0 gives offsets where segments begin (nothing else has a time there); v1 and newer the first record at or after a
 * timestamp, or what a negative timestamp stands for, each from the version on that brought it. v2 knows
 * read_committed, v4 leader epochs, v5 OFFSET_NOT_AVAILABLE.
 *
 * Left out: tiered storage; what is asked of it (-5, -6) is answered as by a topic without it.
 */

type ListOffsetsParts = Pick<Parts, 'replicas'>
type ListOffsetsRequest = RequestOf<typeof listOffsets>
type PartitionRequest = ListOffsetsRequest['topics'][number]['partitions'][number]

const CONSUMER_REPLICA_ID = -1
/** Tools may ask any replica. */
const DEBUGGING_REPLICA_ID = -2
const READ_COMMITTED = 1
const FIRST_VERSION_WITH_OFFSET_NOT_AVAILABLE = 5

/** From which version on a timestamp below 0 means something. */
const FIRST_VERSIONS: Readonly<Record<number, number>> = {
  [ListOffsetsTimestamp.LATEST]: 1,
  [ListOffsetsTimestamp.EARLIEST]: 1,
  [ListOffsetsTimestamp.MAX_TIMESTAMP]: 7,
  [ListOffsetsTimestamp.EARLIEST_LOCAL]: 8,
  [ListOffsetsTimestamp.LATEST_TIERED]: 9,
  [ListOffsetsTimestamp.EARLIEST_PENDING_UPLOAD]: 11,
}

export function createListOffsetsHandler(parts: ListOffsetsParts): Handler {
  return handler(listOffsets, (request, { apiVersion }) => ({
    topics: request.topics.map(({ name, partitions }) => {
      const duplicates = apiVersion === 0 ? new Set<number>() : repeated(request, name)
      return {
        name,
        partitions: partitions.map((partition) => {
          if (apiVersion === 0) return listV0(parts, request, name, partition)
          if (duplicates.has(partition.partitionIndex)) return failed(partition, ErrorCode.INVALID_REQUEST)
          return list(parts, request, name, partition, apiVersion)
        }),
      }
    }),
  }))
}

/** Partitions of the topic that the request names more than once. */
function repeated({ topics }: ListOffsetsRequest, name: string): Set<number> {
  const seen = new Set<number>()
  const again = new Set<number>()
  for (const topic of topics) {
    if (topic.name !== name) continue
    for (const { partitionIndex } of topic.partitions) {
      if (seen.has(partitionIndex)) again.add(partitionIndex)
      seen.add(partitionIndex)
    }
  }
  return again
}

function failed({ partitionIndex }: PartitionRequest, errorCode: ErrorCode) {
  return { partitionIndex, errorCode, timestamp: -1, offset: -1 }
}

function list(
  { replicas }: ListOffsetsParts,
  { replicaId, isolationLevel }: ListOffsetsRequest,
  topic: string,
  partition: PartitionRequest,
  version: number,
) {
  const { partitionIndex, timestamp, currentLeaderEpoch } = partition
  if (timestamp < 0 && version < (FIRST_VERSIONS[timestamp] ?? Number.POSITIVE_INFINITY)) {
    return failed(partition, ErrorCode.UNSUPPORTED_VERSION)
  }
  const onlyLeader = replicaId !== DEBUGGING_REPLICA_ID
  const available = replicas.available(topic, partitionIndex, currentLeaderEpoch, onlyLeader)
  if (typeof available === 'number') return failed(partition, available)
  const committed: Isolation = isolationLevel === READ_COMMITTED ? 'committed' : 'high-watermark'
  const isolation = replicaId === CONSUMER_REPLICA_ID ? committed : null
  const found = replicas.offsetForTimestamp(available, timestamp, isolation)
  if (found === undefined) return failed(partition, ErrorCode.NONE)
  if (typeof found !== 'number') return { partitionIndex, ...found }
  const knowsError = version >= FIRST_VERSION_WITH_OFFSET_NOT_AVAILABLE
  const isNotAvailable = found === ErrorCode.OFFSET_NOT_AVAILABLE
  return failed(partition, isNotAvailable && !knowsError ? ErrorCode.LEADER_NOT_AVAILABLE : found)
}

function listV0(
  { replicas }: ListOffsetsParts,
  { replicaId }: ListOffsetsRequest,
  topic: string,
  partition: PartitionRequest,
) {
  const { partitionIndex, timestamp, maxNumOffsets } = partition
  if (timestamp < ListOffsetsTimestamp.EARLIEST) {
    return { partitionIndex, errorCode: ErrorCode.UNSUPPORTED_VERSION }
  }
  const available = replicas.available(topic, partitionIndex, -1, replicaId !== DEBUGGING_REPLICA_ID)
  if (typeof available === 'number') return { partitionIndex, errorCode: available }
  const isClient = replicaId === CONSUMER_REPLICA_ID
  return {
    partitionIndex,
    oldStyleOffsets: replicas.offsetsBefore(available, timestamp, maxNumOffsets, isClient),
  }
}

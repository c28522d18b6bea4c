import { ErrorCode } from '../../protocol/errors.ts'
import { listOffsets } from '../../protocol/messages/list-offsets.ts'
import type { RequestOf } from '../../protocol/schema.ts'
import type { Isolation } from '../log/log-results.ts'
import { ListOffsetsTimestamp } from '../log/offset-by-time.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { DESCRIBE_TOPIC, may } from '../security/authorization/needs.ts'
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
  return guarded(listOffsets, [DESCRIBE_TOPIC], (request, context) => ({
    topics: request.topics.map(({ name, partitions }) => {
      const { apiVersion } = context
      if (!may(context, DESCRIBE_TOPIC, name)) {
        return {
          name,
          partitions: partitions.map((partition) => failed(partition, DESCRIBE_TOPIC.errorCode)),
        }
      }
      if (apiVersion === 0) {
        return { name, partitions: partitions.map((partition) => listV0(parts, request, name, partition)) }
      }
      const { unique, repeated } = withoutRepeated(partitions)
      return {
        name,
        partitions: unique.map((partition) =>
          repeated.has(partition.partitionIndex)
            ? failed(partition, ErrorCode.INVALID_REQUEST)
            : list(parts, request, name, partition, apiVersion),
        ),
      }
    }),
  }))
}

const NONE: ReadonlySet<number> = new Set()

/** Each partition once, and which were named more often: those are answered once, with an error. */
function withoutRepeated(partitions: readonly PartitionRequest[]): {
  unique: readonly PartitionRequest[]
  repeated: ReadonlySet<number>
} {
  if (partitions.length === 1) return { unique: partitions, repeated: NONE }
  const seen = new Set<number>()
  const repeated = new Set<number>()
  const unique = partitions.filter(({ partitionIndex }) => {
    const isFirst = !seen.has(partitionIndex)
    if (isFirst) seen.add(partitionIndex)
    else repeated.add(partitionIndex)
    return isFirst
  })
  return { unique, repeated }
}

/** All answers are objects of one shape: they are encoded by the same code. */
function answer(
  partitionIndex: number,
  errorCode: ErrorCode,
  timestamp: number,
  offset: number,
  leaderEpoch: number,
) {
  return { partitionIndex, errorCode, timestamp, offset, leaderEpoch }
}

function failed({ partitionIndex }: PartitionRequest, errorCode: ErrorCode) {
  return answer(partitionIndex, errorCode, -1, -1, -1)
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
  if (typeof found !== 'number') {
    return answer(partitionIndex, ErrorCode.NONE, found.timestamp, found.offset, found.leaderEpoch)
  }
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

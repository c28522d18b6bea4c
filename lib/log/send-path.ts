import { ProtocolError } from '../../protocol/error.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { MAGIC_POSITION } from '../../protocol/records/batch.ts'
import { downConvert } from '../../protocol/records/down-convert.ts'
import type { SecurityProtocol } from '../metadata/records.ts'
import type { FetchResult } from './fetch-partition.ts'
import { type LogConfig, MAX_DECOMPRESSED_BATCH_BYTES } from './log-config.ts'

/**
 * How records leave for a client, and why:
 * - `as-they-lie`: the bytes of the log, untouched
 * - `encrypted`: untouched until TLS makes other bytes of them
 * - `down-converted`: rewritten in a format of the client's day (Fetch v0-v3), encrypted or not
 */
export const SEND_PATHS = ['as-they-lie', 'encrypted', 'down-converted'] as const

export type SendPath = (typeof SEND_PATHS)[number]

/** Who is sent to, as far as that decides the way. */
export interface Receiver {
  readonly fetchVersion: number
  readonly securityProtocol: SecurityProtocol
}

/** Before this version a client cannot be expected to know zstd (KIP-110). */
const FIRST_VERSION_WITH_ZSTD = 10

/** Up to here clients know no batches of format v2. */
const LAST_VERSION_WITH_MESSAGE_SETS = 3

/** Whether records have to be rewritten for clients that speak this version of Fetch. */
export function takesMessageSets(fetchVersion: number): boolean {
  return fetchVersion <= LAST_VERSION_WITH_MESSAGE_SETS
}

/** Up to here a batch larger than the limits is not sent (KIP-74). */
const LAST_VERSION_WITH_HARD_LIMITS = 2

/** The one place where it is decided which way records go: from what the client can take, and how it is connected. */
function sendPathOf({ fetchVersion, securityProtocol }: Receiver): SendPath {
  if (takesMessageSets(fetchVersion)) return 'down-converted'
  return securityProtocol === 'SSL' || securityProtocol === 'SASL_SSL' ? 'encrypted' : 'as-they-lie'
}

/** Makes the result's records what that client can take; sets the error where that cannot be. */
export function prepareToSend(result: FetchResult, receiver: Receiver, config: LogConfig): SendPath {
  const { fetchVersion } = receiver
  if (config.compressionType === 'zstd' && fetchVersion < FIRST_VERSION_WITH_ZSTD) {
    replaceByError(result, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
    return sendPathOf(receiver)
  }
  const path = sendPathOf(receiver)
  if (result.isFirstTooLarge && fetchVersion <= LAST_VERSION_WITH_HARD_LIMITS) cutOff(result)
  else if (path === 'down-converted' && result.size > 0) convert(result, fetchVersion <= 1 ? 0 : 1)
  return path
}

function convert(result: FetchResult, magic: 0 | 1): void {
  const source = result.records.length === 1 ? result.records[0]! : Buffer.concat(result.records)
  const { fetchOffset } = result.target
  try {
    const { messages, failure } = downConvert(
      source,
      0,
      source.length,
      magic,
      fetchOffset,
      MAX_DECOMPRESSED_BATCH_BYTES,
    )
    if (failure !== null) replaceByError(result, ErrorCode[failure.error])
    else {
      result.records = messages.length === 0 ? [] : [messages]
      result.size = messages.length
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    replaceByError(result, ErrorCode.CORRUPT_MESSAGE)
  }
}

/**
 * The beginning of a message that goes on behind the end of the response: how clients of those versions see that their
 * limit is too small, and tell the application, instead of asking for the same again for ever.
 */
function cutOff(result: FetchResult): void {
  const beginning = Buffer.alloc(MAGIC_POSITION + 1)
  beginning.writeBigInt64BE(BigInt(result.target.fetchOffset), 0)
  beginning.writeInt32BE(0x7fff_ffff, 8)
  result.records = [beginning]
  result.size = beginning.length
}

/** As Kafka answers it: nothing else is said of the partition. */
function replaceByError(result: FetchResult, errorCode: ErrorCode): void {
  result.errorCode = errorCode
  result.highWatermark = -1
  result.lastStableOffset = -1
  result.logStartOffset = -1
  result.abortedTransactions = null
  result.records = []
  result.size = 0
}

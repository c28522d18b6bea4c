import { constants } from 'node:buffer'
import { pack, unpack } from 'msgpackr'
import { crc32c } from '../protocol/records/crc32c.ts'
import { OptionError } from './check-options.ts'
import type { LogManager } from './log/log-manager.ts'
import { type LogSnapshot, snapshotOf } from './log/log-snapshot.ts'
import type { MetadataRecord } from './metadata/records.ts'

/*
 * A cluster in one buffer: what it begins with and the version, uint32 length and uint32 CRC-32C of the contents in
 * MessagePack, the contents, and the bytes of all batches behind each other.
 */
const MAGIC = Buffer.from('JKSNAP\0\x01', 'latin1')
const HEADER_BYTES = MAGIC.length + 8

interface Contents {
  readonly clusterId: string
  /** They lead to the metadata as they were. */
  readonly records: readonly MetadataRecord[]
  readonly logs: readonly ({ readonly topicId: string; readonly index: number } & LogSnapshot)[]
}

export interface ClusterSnapshot {
  readonly clusterId: string
  readonly records: readonly MetadataRecord[]
  /** A log, and the bytes of its batches; undefined where it was empty. */
  logOf(
    topicId: string,
    index: number,
  ): { readonly snapshot: LogSnapshot; readonly bytes: Buffer } | undefined
}

/** @throws RangeError where no buffer is large enough */
export function encodeSnapshot(
  clusterId: string,
  records: Iterable<MetadataRecord>,
  partitions: ReturnType<LogManager['partitions']>,
): Buffer {
  const views: Buffer[] = []
  const logs: Contents['logs'][number][] = []
  for (const { topicId, index, log } of partitions) {
    // Empty ones that never held anything are as new.
    if (log.logEndOffset > 0) logs.push({ topicId, index, ...snapshotOf(log, views) })
  }
  const contents = pack({ clusterId, records: [...records], logs } satisfies Contents)
  const header = Buffer.alloc(HEADER_BYTES)
  MAGIC.copy(header)
  header.writeUInt32BE(contents.length, MAGIC.length)
  header.writeUInt32BE(crc32c(contents), MAGIC.length + 4)
  const parts = [header, contents, ...views]
  const length = parts.reduce((total, part) => total + part.length, 0)
  if (length > constants.MAX_LENGTH) {
    throw new RangeError(
      `a snapshot of ${length} bytes fits into no buffer: expected at most ${constants.MAX_LENGTH}`,
    )
  }
  return Buffer.concat(parts, length)
}

/** @throws OptionError for anything that `encodeSnapshot` of this version has not made */
export function decodeSnapshot(snapshot: Uint8Array): ClusterSnapshot {
  const bytes = Buffer.from(snapshot.buffer, snapshot.byteOffset, snapshot.byteLength)
  const isOurs =
    bytes.length >= HEADER_BYTES && bytes.subarray(0, MAGIC.length - 1).equals(MAGIC.subarray(0, -1))
  if (!isOurs) throw refused('got something else')
  const version = bytes[MAGIC.length - 1]
  if (version !== MAGIC.at(-1)) throw refused(`got one of version ${version}, not ${MAGIC.at(-1)}`)
  const end = HEADER_BYTES + bytes.readUInt32BE(MAGIC.length)
  const isWhole =
    end <= bytes.length && crc32c(bytes, HEADER_BYTES, end) === bytes.readUInt32BE(MAGIC.length + 4)
  if (!isWhole) throw refused('got one that is damaged')
  const { clusterId, records, logs } = unpack(bytes.subarray(HEADER_BYTES, end)) as Contents
  const found = new Map<string, { snapshot: LogSnapshot; bytes: Buffer }>()
  let position = end
  for (const { topicId, index, ...log } of logs) {
    const size = log.segments.reduce((total, segment) => total + segment.size, 0)
    found.set(`${topicId}-${index}`, { snapshot: log, bytes: bytes.subarray(position, position + size) })
    position += size
  }
  if (position !== bytes.length) throw refused('got one that is damaged')
  return { clusterId, records, logOf: (topicId, index) => found.get(`${topicId}-${index}`) }
}

function refused(what: string): OptionError {
  return new OptionError(`option snapshot: expected what cluster.snapshot() has given, ${what}`)
}

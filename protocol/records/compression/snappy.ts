import { ProtocolError } from '../../error.ts'
import { int32At, setInt32At } from '../integers.ts'
import { lazyModule } from '../lazy-module.ts'
import { corrupt, tooLarge } from './errors.ts'

/*
 * Kafka's snappy is the framing of snappy-java (xerial): a header of 16 bytes, then blocks, each a length (int32) and
 * a raw snappy block. Some clients send one raw block without the framing; brokers read that too.
 */

const native = lazyModule<typeof import('snappy')>('snappy')

/** 0x82 "SNAPPY" 0x00, then version 1 and the oldest compatible version 1. */
const HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
const MAGIC_BYTES = 8
const MAGIC_START = HEADER.readInt32BE(0)
/** snappy-java's default block size. */
const BLOCK_BYTES = 32 * 1024

export function compressSnappy(source: Buffer): Buffer {
  const parts: Buffer[] = [HEADER]
  for (let start = 0; start < source.length; start += BLOCK_BYTES) {
    const block = native().compressSync(source.subarray(start, start + BLOCK_BYTES))
    const length = Buffer.allocUnsafe(4)
    setInt32At(length, 0, block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

export function decompressSnappy(source: Buffer, maxBytes: number): Buffer {
  if (source.length < HEADER.length || source.compare(HEADER, 0, MAGIC_BYTES, 0, MAGIC_BYTES) !== 0) {
    return block(source, maxBytes)
  }
  const parts: Buffer[] = []
  let total = 0
  let position = HEADER.length
  while (position < source.length) {
    if (position + 4 > source.length) throw corrupt('snappy', 'a block length is cut off')
    const length = int32At(source, position)
    if (
      length === MAGIC_START &&
      source.compare(HEADER, 0, MAGIC_BYTES, position, position + MAGIC_BYTES) === 0
    ) {
      // Streams written one after the other: a header may come again, as snappy-java reads it.
      position += HEADER.length
      continue
    }
    position += 4
    if (length < 0 || length > source.length - position) {
      throw corrupt('snappy', `a block of ${length} bytes where ${source.length - position} are left`)
    }
    const part = block(source.subarray(position, position + length), maxBytes - total)
    total += part.length
    position += length
    parts.push(part)
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, total)
}

function block(source: Buffer, maxBytes: number): Buffer {
  // The library allocates what the block's preamble announces, before it has seen that much.
  if (announcedLength(source) > maxBytes) throw tooLarge('snappy', maxBytes)
  try {
    return native().uncompressSync(source) as Buffer
  } catch (error) {
    throw corrupt('snappy', error)
  }
}

/** A raw block begins with its length in the clear, as an unsigned varint of at most 32 bits. */
function announcedLength(source: Buffer): number {
  let value = 0
  for (let index = 0; index < 5 && index < source.length; index++) {
    const byte = source[index]!
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return value
  }
  throw new ProtocolError('corrupt snappy data: no length at its start')
}

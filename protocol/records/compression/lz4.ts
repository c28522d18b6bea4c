import { lazyModule } from '../lazy-module.ts'
import { corrupt, tooLarge } from './errors.ts'
import { xxhash32 } from './xxhash32.ts'

/*
 * Kafka's lz4 is the LZ4 frame format with independent blocks and without dictionaries (KafkaLZ4BlockInputStream).
 * Message sets of v0 were written with a header checksum that wrongly covers the frame's magic number too (KIP-57);
 * readers of v0 therefore do not check it, and writers of v0 write that one.
 *
 * The library decodes a whole frame into memory without a limit, and takes four bytes of garbage for an empty frame.
 * So the frame's skeleton is walked here first: that checks it, bounds its output, and finds its end.
 */

const native = lazyModule<typeof import('lz4-napi')>('lz4-napi')

const FRAME_MAGIC = 0x184d2204
const VERSION_MASK = 0xc0
const VERSION_1 = 0x40
const INDEPENDENT_BLOCKS = 0x20
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const CONTENT_CHECKSUM = 0x04
const RESERVED_FLAGS = 0x03
const SMALLEST_BLOCK_CODE = 4
/** Most that a byte of an lz4 block can stand for: one more byte of match length adds 255. */
const MAX_EXPANSION = 255
const RAW_BLOCK = 0x8000_0000

export function compressLz4(source: Buffer, brokenHeaderChecksum: boolean): Buffer {
  const frame = native().compressFrameSync(source)
  if (brokenHeaderChecksum)
    frame[headerEnd(frame) - 1] = (xxhash32(frame, 0, headerEnd(frame) - 1) >>> 8) & 0xff
  return frame
}

export function decompressLz4(source: Buffer, maxBytes: number, ignoreHeaderChecksum: boolean): Buffer {
  const end = frameEnd(source, maxBytes, ignoreHeaderChecksum)
  let frame = source.subarray(0, end)
  if (ignoreHeaderChecksum) {
    frame = Buffer.from(frame)
    frame[headerEnd(frame) - 1] = headerChecksum(frame)
  }
  let content: Buffer
  try {
    content = native().decompressFrameSync(frame)
  } catch (error) {
    throw corrupt('lz4', error)
  }
  if (content.length > maxBytes) throw tooLarge('lz4', maxBytes)
  return content
}

function headerEnd(frame: Buffer): number {
  return (frame[4]! & CONTENT_SIZE) !== 0 ? 15 : 7
}

function headerChecksum(frame: Buffer): number {
  return (xxhash32(frame, 4, headerEnd(frame) - 1) >>> 8) & 0xff
}

/** Checks header and blocks of the frame and returns where it ends; what comes after it is not read. */
function frameEnd(frame: Buffer, maxBytes: number, ignoreHeaderChecksum: boolean): number {
  if (frame.length < 7 || frame.readUInt32LE(0) !== FRAME_MAGIC) throw corrupt('lz4', 'no frame header')
  const flags = frame[4]!
  const blockCode = frame[5]! >> 4
  if ((flags & VERSION_MASK) !== VERSION_1) throw corrupt('lz4', `frame version ${flags >> 6}`)
  if ((flags & RESERVED_FLAGS) !== 0) throw corrupt('lz4', 'reserved flags are set')
  if ((flags & INDEPENDENT_BLOCKS) === 0) throw corrupt('lz4', 'blocks that depend on each other')
  if ((frame[5]! & 0x8f) !== 0 || blockCode < SMALLEST_BLOCK_CODE) throw corrupt('lz4', 'the block size')
  let position = headerEnd(frame)
  if (position > frame.length) throw corrupt('lz4', 'the header is cut off')
  if (!ignoreHeaderChecksum && frame[position - 1] !== headerChecksum(frame)) {
    throw corrupt('lz4', 'the header checksum')
  }
  const blockTail = (flags & BLOCK_CHECKSUM) !== 0 ? 4 : 0
  const largestBlock = 1 << (8 + 2 * blockCode)
  let total = 0
  for (;;) {
    if (position + 4 > frame.length) throw corrupt('lz4', 'no end mark')
    const word = frame.readUInt32LE(position)
    position += 4
    if (word === 0) break
    const length = word % RAW_BLOCK
    const blockEnd = position + length
    if (length > largestBlock || blockEnd + blockTail > frame.length) {
      throw corrupt('lz4', `a block of ${length} bytes`)
    }
    total += blockContent(frame, position, blockEnd, word >= RAW_BLOCK, largestBlock, maxBytes - total)
    if (total > maxBytes) throw tooLarge('lz4', maxBytes)
    position = blockEnd + blockTail
  }
  if ((flags & CONTENT_CHECKSUM) !== 0) position += 4
  if (position > frame.length) throw corrupt('lz4', 'the content checksum is cut off')
  return position
}

/** What the block decodes to: the most it could be where that is allowed, else counted from its sequences. */
function blockContent(
  frame: Buffer,
  start: number,
  end: number,
  raw: boolean,
  largestBlock: number,
  allowed: number,
): number {
  if (raw) return end - start
  const bound = Math.min(largestBlock, (end - start) * MAX_EXPANSION)
  return bound <= allowed ? bound : Math.min(largestBlock, countedContent(frame, start, end))
}

function countedContent(frame: Buffer, start: number, end: number): number {
  let total = 0
  let position = start
  while (position < end) {
    const token = frame[position++]!
    let literals = token >> 4
    if (literals === 15) {
      let byte = 255
      while (byte === 255 && position < end) literals += byte = frame[position++]!
    }
    position += literals
    total += literals
    if (position >= end) break
    position += 2
    let match = token & 15
    if (match === 15) {
      let byte = 255
      while (byte === 255 && position < end) match += byte = frame[position++]!
    }
    total += match + 4
  }
  return total
}

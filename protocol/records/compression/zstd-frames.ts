import { corrupt } from './errors.ts'

const FRAME_MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
/** What libzstd accepts by default when it streams, as Kafka's Java reader does. */
const LARGEST_WINDOW = 2 ** 27
const LARGEST_BLOCK = 128 * 1024
const RLE_BLOCK = 1
const RESERVED_BLOCK = 3

/** Where one zstd frame lies, and what it may decode to (RFC 8878). */
export interface ZstdFrame {
  start: number
  end: number
  windowBytes: number
  /** The position of the window descriptor; -1 where the content's size takes its place ("single segment"). */
  windowPosition: number
  /** At most this many bytes come out. */
  contentBound: number
}

/** Walks headers and block headers of the frames in `source`, skippable ones left out, without decoding. */
export function zstdFrames(source: Buffer): ZstdFrame[] {
  const frames: ZstdFrame[] = []
  let position = 0
  while (position < source.length) {
    if (position + 8 > source.length) throw corrupt('zstd', 'no frame header')
    const magic = source.readUInt32LE(position)
    if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE_MAGIC) {
      position += 8 + source.readUInt32LE(position + 4)
      if (position > source.length) throw corrupt('zstd', 'a skippable frame is cut off')
      continue
    }
    if (magic !== FRAME_MAGIC) throw corrupt('zstd', 'no frame header')
    const frame = zstdFrame(source, position)
    frames.push(frame)
    position = frame.end
  }
  return frames
}

function zstdFrame(source: Buffer, start: number): ZstdFrame {
  const flags = source[start + 4]!
  const singleSegment = (flags & 0x20) !== 0
  const dictionaryBytes = [0, 1, 2, 4][flags & 3]!
  const sizeCode = flags >> 6
  const sizeBytes = sizeCode === 0 ? (singleSegment ? 1 : 0) : 1 << sizeCode
  if ((flags & 0x08) !== 0) throw corrupt('zstd', 'a reserved bit is set')
  const sizePosition = start + (singleSegment ? 5 : 6) + dictionaryBytes
  let position = sizePosition + sizeBytes
  if (position > source.length) throw corrupt('zstd', 'the frame header is cut off')

  let announced = -1
  if (sizeBytes === 8) announced = Number(source.readBigUInt64LE(sizePosition))
  else if (sizeBytes > 0) announced = source.readUIntLE(sizePosition, sizeBytes) + (sizeBytes === 2 ? 256 : 0)
  const descriptor = source[start + 5]!
  const windowBase = 2 ** (10 + (descriptor >> 3))
  const windowBytes = singleSegment ? announced : windowBase + (windowBase / 8) * (descriptor & 7)
  if (!singleSegment && windowBytes > LARGEST_WINDOW)
    throw corrupt('zstd', `a window of ${windowBytes} bytes`)

  const largestBlock = Math.min(LARGEST_BLOCK, windowBytes)
  let bound = 0
  for (let last = false; !last; ) {
    if (position + 3 > source.length) throw corrupt('zstd', 'a block is cut off')
    const header = source.readUIntLE(position, 3)
    const size = header >> 3
    const type = (header >> 1) & 3
    last = (header & 1) !== 0
    if (type === RESERVED_BLOCK || size > LARGEST_BLOCK) throw corrupt('zstd', 'a block header')
    position += 3 + (type === RLE_BLOCK ? 1 : size)
    bound += type < 2 ? size : largestBlock
  }
  if ((flags & 0x04) !== 0) position += 4
  if (position > source.length) throw corrupt('zstd', 'a block is cut off')
  if (announced > bound) throw corrupt('zstd', `a frame of ${announced} bytes cannot be in these blocks`)
  return {
    start,
    end: position,
    windowBytes,
    windowPosition: singleSegment ? -1 : start + 5,
    contentBound: announced >= 0 ? announced : bound,
  }
}

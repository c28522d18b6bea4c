import { BATCH_HEADER_BYTES, LOG_OVERHEAD, MAGIC_POSITION } from './batch.ts'
import { int32At } from './integers.ts'

/** Header of a v0 message without offset and size: what Kafka takes as the least any batch can be. */
const SMALLEST_LENGTH = 14
const HIGHEST_MAGIC = 2

/** Is the field exactly one batch of v2, whose header is there whole? What nearly every request brings. */
export function isOneBatch(buffer: Buffer): boolean {
  return (
    buffer.length >= BATCH_HEADER_BYTES &&
    buffer[MAGIC_POSITION] === HIGHEST_MAGIC &&
    int32At(buffer, 8) === buffer.length - LOG_OVERHEAD
  )
}

/**
 * Walks over the batches (v2) and messages (v0, v1) of a `records` field without decoding or allocating. Use it again
 * with `reset`.
 *
 *     cursor.reset(buffer, start, end)
 *     while (cursor.next()) use(cursor.buffer, cursor.position, cursor.size, cursor.magic)
 *     if (cursor.corruption !== null) ...       // CORRUPT_MESSAGE
 *     cursor.nextPosition                       // < cursor.end: a partial batch trails, as Fetch may cut it
 *
 * What ends the walk and what is corrupt is as in Kafka's ByteBufferLogInputStream.
 */
export class BatchCursor {
  buffer: Buffer
  /** Where the current batch begins. */
  position: number
  /** The whole size of the current batch in bytes. */
  size = 0
  /** 0 or 1: a message; 2: a batch. */
  magic = 0
  /** Where the bytes of the field end. */
  end: number
  /** Why the walk stopped, when the bytes cannot be a batch; null otherwise. */
  corruption: string | null = null

  constructor(buffer: Buffer, start = 0, end: number = buffer.length) {
    this.buffer = buffer
    this.position = start
    this.end = end
  }

  /** Where the batch after the current one begins; after the walk, where whole batches end. */
  get nextPosition(): number {
    return this.position + this.size
  }

  reset(buffer: Buffer, start = 0, end: number = buffer.length): void {
    this.buffer = buffer
    this.position = start
    this.size = 0
    this.end = end
    this.corruption = null
  }

  /** Moves to the next batch that lies in the field whole; false when there is none, or when it is corrupt. */
  next(): boolean {
    const position = this.position + this.size
    const remaining = this.end - position
    this.position = position
    this.size = 0
    if (remaining < LOG_OVERHEAD || this.corruption !== null) return false
    const length = int32At(this.buffer, position + 8)
    if (length < SMALLEST_LENGTH) {
      this.corruption = `a batch of length ${length} is shorter than the smallest header, ${SMALLEST_LENGTH} bytes`
      return false
    }
    if (remaining <= MAGIC_POSITION) return false
    const magic = this.buffer[position + MAGIC_POSITION]!
    if (magic > HIGHEST_MAGIC) {
      this.corruption = `magic ${magic} is none of 0, 1, 2`
      return false
    }
    if (length > remaining - LOG_OVERHEAD) return false
    this.size = length + LOG_OVERHEAD
    this.magic = magic
    return true
  }
}

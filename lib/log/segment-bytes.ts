import type { Loans } from '../memory/read-buffers.ts'

const NOTHING = Buffer.alloc(0)

/**
 * Where the bytes of one segment lie: `memory-bytes.ts`. Positions count from the segment's first byte ever; whole
 * batches only are appended, dropped and sliced, so every position given or taken is the border of a batch, apart from
 * the end of what is lent.
 */
export interface SegmentBytes {
  /** Where what is still held begins. */
  readonly start: number
  /** Where the next batch goes. */
  readonly size: number
  /**
   * Stores a batch. With `keep` its memory becomes the log's own and must not be written to again; without, it is
   * copied.
   */
  append(batch: Buffer, keep: boolean): void
  /** Points `place` at the header of the batch that begins at `position`. */
  locate(position: number, place: Place): void
  /** Adds views of the bytes from `from` up to `to` to `views`, without copying where they lie in memory. */
  slice(from: number, to: number, views: Buffer[]): void
  /**
   * The same to answer a client with, good until `loans` end. Where memory for that is used up, it ends earlier, though
   * not before `least`.
   * @returns where it ends
   */
  lend(from: number, least: number, to: number, views: Buffer[], loans: Loans): number
  /** Forgets, as far as memory can be given back, what lies before `position`. */
  dropBefore(position: number): void
  /** The segment is gone; views stay as they are for as long as a connection holds them. */
  delete(): void
}

/** A batch's place in memory; moved along by `locate`, so that walking over batches allocates nothing. */
export class Place {
  buffer: Buffer = NOTHING
  /** Where the batch begins in `buffer`. */
  offset = 0
  /** The stretch of positions that `buffer` holds without a break, and where it begins in `buffer`. */
  stretchStart = 0
  stretchEnd = -1
  stretchOffset = 0
}

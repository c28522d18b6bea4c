import { lastOffset, maxTimestamp } from '../../protocol/records/batch.ts'

/**
 * Where the batches of a segment lie, one entry for every 4 KB (`index.interval.bytes`) of them. An entry stands for a
 * block: the batches from its position to the next entry's.
 */
export class SegmentIndex {
  /** Of each block: the last offset of its first batch, as in Kafka's `.index`. */
  readonly offsets: number[] = []
  readonly positions: number[] = []
  /** Of each block: the largest timestamp, and the last offset of the first batch that has it. */
  readonly timestamps: number[] = []
  readonly timestampOffsets: number[] = []
  readonly #intervalBytes: number

  constructor(intervalBytes: number) {
    this.#intervalBytes = intervalBytes
  }

  /** Takes note of the batch whose header is at `offset` in `buffer` and which lies at `position`, behind all others. */
  add(buffer: Buffer, offset: number, position: number): void {
    const timestamp = maxTimestamp(buffer, offset)
    const block = this.positions.length - 1
    if (block < 0 || position - this.positions[block]! >= this.#intervalBytes) {
      this.offsets.push(lastOffset(buffer, offset))
      this.positions.push(position)
      this.timestamps.push(timestamp)
      this.timestampOffsets.push(lastOffset(buffer, offset))
    } else if (timestamp > this.timestamps[block]!) {
      this.timestamps[block] = timestamp
      this.timestampOffsets[block] = lastOffset(buffer, offset)
    }
  }

  /** The block that the first batch that holds `offset` or a later one lies in, or a block before it. */
  blockOfOffset(offset: number): number {
    return blockBefore(this.offsets, offset)
  }

  blockOfPosition(position: number): number {
    return blockBefore(this.positions, position)
  }

  /** Forgets the blocks that end at or before `position`. */
  dropBefore(position: number, size: number): void {
    let dropped = 0
    while (dropped < this.positions.length && (this.positions[dropped + 1] ?? size) <= position) dropped++
    if (dropped === 0) return
    for (const column of [this.offsets, this.positions, this.timestamps, this.timestampOffsets]) {
      column.splice(0, dropped)
    }
  }
}

/** Index of the last entry that is at most `value`; 0 where there is none. */
function blockBefore(entries: readonly number[], value: number): number {
  let low = 0
  let high = entries.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (entries[middle]! <= value) low = middle
    else high = middle - 1
  }
  return low
}

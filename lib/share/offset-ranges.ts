import type { OffsetRange } from './acquisition.ts'

/** What is left of the ranges without those of the other list; both in order. */
export function without<T extends OffsetRange>(ranges: readonly T[], others: readonly OffsetRange[]): T[] {
  let left = [...ranges]
  for (const { firstOffset, lastOffset } of others) {
    left = left.flatMap((range) => {
      if (range.lastOffset < firstOffset || range.firstOffset > lastOffset) return [range]
      const pieces: T[] = []
      if (range.firstOffset < firstOffset) pieces.push({ ...range, lastOffset: firstOffset - 1 })
      if (range.lastOffset > lastOffset) pieces.push({ ...range, firstOffset: lastOffset + 1 })
      return pieces
    })
  }
  return left
}

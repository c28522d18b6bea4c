/** What became of records in a share group; the numbers are those of the records in `__share_group_state` (`RecordState`). */
export const RecordState = { AVAILABLE: 0, ACQUIRED: 1, ACKNOWLEDGED: 2, ARCHIVED: 4 } as const
export type RecordState = (typeof RecordState)[keyof typeof RecordState]

/** The group is done with such records. */
export function isTerminal(state: number): boolean {
  return state === RecordState.ACKNOWLEDGED || state === RecordState.ARCHIVED
}

/** Consecutive offsets of one state, both ends included (`PersisterStateBatch`). */
export interface StateBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly deliveryState: number
  readonly deliveryCount: number
}

/**
 * The batches with what is newer in its place, without what lies below the start, neighbours of one kind joined
 * (`PersisterStateBatchCombiner`). Both lists are in order and without overlaps.
 */
export function combineBatches(
  known: readonly StateBatch[],
  newer: readonly StateBatch[],
  startOffset: number,
): StateBatch[] {
  const all = [...outside(known, newer), ...newer].sort((a, b) => a.firstOffset - b.firstOffset)
  const combined: StateBatch[] = []
  for (const batch of all) {
    if (batch.lastOffset < startOffset) continue
    const firstOffset = Math.max(batch.firstOffset, startOffset)
    const last = combined.at(-1)
    if (last && last.lastOffset + 1 === firstOffset && isOfSameKind(last, batch)) {
      combined[combined.length - 1] = { ...last, lastOffset: batch.lastOffset }
    } else combined.push({ ...batch, firstOffset })
  }
  return combined
}

function isOfSameKind(a: StateBatch, b: StateBatch): boolean {
  return a.deliveryState === b.deliveryState && a.deliveryCount === b.deliveryCount
}

function* outside(known: readonly StateBatch[], newer: readonly StateBatch[]): Generator<StateBatch> {
  let index = 0
  for (const batch of known) {
    let { firstOffset } = batch
    while (firstOffset <= batch.lastOffset) {
      while (index < newer.length && newer[index]!.lastOffset < firstOffset) index++
      const next = newer[index]
      if (!next || next.firstOffset > batch.lastOffset) {
        yield { ...batch, firstOffset }
        break
      }
      if (next.firstOffset > firstOffset) {
        yield { ...batch, firstOffset, lastOffset: next.firstOffset - 1 }
      }
      firstOffset = next.lastOffset + 1
    }
  }
}

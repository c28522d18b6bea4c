import { pinnedBytes } from '../memory/frame-memory.ts'

/** Below this a batch costs less to copy than to keep and send as a slice of its own; compare the writer's COPY_LIMIT. */
const SMALLEST_VIEW = 2048
/** How much more memory than it fills a batch may pin once its neighbours are gone. */
const MOST_PINNED = 8

/**
 * May the log keep a batch where it was received? Yes where hardly anything else is kept alive by that: a few records
 * must not pin the large chunk that a socket read them into.
 *
 * @param storedTogether how many bytes of the same memory are stored at the same time, in this log or in others
 */
export function keepsView(batch: Buffer, storedTogether: number): boolean {
  if (batch.length < SMALLEST_VIEW) return false
  const pinned = pinnedBytes(batch)
  return storedTogether >= pinned - pinned / 8 && batch.length * MOST_PINNED >= pinned
}

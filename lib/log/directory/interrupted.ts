import { readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { lastOffset } from '../../../protocol/records/batch.ts'
import { scanBatches } from './scan-batches.ts'
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  LOG_SUFFIX,
  offsetsOfFiles,
  removeIndexes,
  SWAP_SUFFIX,
  segmentFile,
} from './segment-files.ts'
import { withFile } from './with-file.ts'

/**
 * Ends what a process that was killed had begun: a compacted segment that was finished takes its place, one that was
 * not is forgotten.
 */
export function finishInterrupted(folder: string): void {
  for (const base of offsetsOfFiles(folder, LOG_SUFFIX + SWAP_SUFFIX)) {
    const swap = segmentFile(folder, base, LOG_SUFFIX + SWAP_SUFFIX)
    const end = endOf(swap, base)
    for (const old of offsetsOfFiles(folder, LOG_SUFFIX)) {
      if (old < base || (old >= end && old !== base)) continue
      rmSync(segmentFile(folder, old, LOG_SUFFIX))
      removeIndexes(folder, old)
    }
    renameSync(swap, segmentFile(folder, base, LOG_SUFFIX))
  }
  for (const name of readdirSync(folder)) {
    const isLeft = [CLEANED_SUFFIX, SWAP_SUFFIX, DELETED_SUFFIX, '.tmp'].some((suffix) =>
      name.endsWith(suffix),
    )
    if (isLeft) rmSync(join(folder, name))
  }
}

/** The offset after the last record of the file. */
function endOf(path: string, base: number): number {
  let end = base
  withFile(path, (fd) => {
    scanBatches({ path, fd, size: statSync(path).size }, base, (buffer, offset) => {
      end = lastOffset(buffer, offset) + 1
    })
  })
  return end
}

import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Kafka's names of what a segment consists of (LogFileUtils). */
export const LOG_SUFFIX = '.log'
export const INDEX_SUFFIX = '.index'
export const TIME_INDEX_SUFFIX = '.timeindex'
export const TXN_INDEX_SUFFIX = '.txnindex'
export const SNAPSHOT_SUFFIX = '.snapshot'
/** Written by compaction, not the log's yet. */
export const CLEANED_SUFFIX = '.cleaned'
/** The log's already: what it replaces is to go. */
export const SWAP_SUFFIX = '.swap'
/** The log's no more. */
export const DELETED_SUFFIX = '.deleted'

const OFFSET_DIGITS = 20
const NUMBERED = /^(\d{20})((?:\.[a-z]+)+)$/

/** `00000000000000000042.log` in that folder. */
export function segmentFile(folder: string, offset: number, suffix: string): string {
  return join(folder, `${String(offset).padStart(OFFSET_DIGITS, '0')}${suffix}`)
}

/** The offsets that files with that suffix are named by, in order. */
export function offsetsOfFiles(folder: string, suffix: string): number[] {
  return readdirSync(folder)
    .map((name) => NUMBERED.exec(name))
    .filter((match) => match?.[2] === suffix)
    .map((match) => Number(match?.[1]))
    .sort((a, b) => a - b)
}

/** Everything but the log itself. */
export function removeIndexes(folder: string, baseOffset: number): void {
  for (const suffix of [INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX]) {
    rmSync(segmentFile(folder, baseOffset, suffix), { force: true })
  }
}

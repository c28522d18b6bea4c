import { join } from 'node:path'
import type { EpochEntry } from '../leader-epochs.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.ts'

const NAME = 'leader-epoch-checkpoint'

/** The leader epochs of a log, a line `epoch startOffset` for each (LeaderEpochCheckpointFile). */
export function readEpochs(folder: string): EpochEntry[] {
  return readCheckpoint(join(folder, NAME)).map(([epoch, startOffset]) => ({
    epoch: Number(epoch),
    startOffset: Number(startOffset),
  }))
}

export function writeEpochs(folder: string, entries: readonly EpochEntry[]): void {
  const lines = entries.map(({ epoch, startOffset }) => [epoch, startOffset])
  writeCheckpoint(join(folder, NAME), lines, false)
}

import { int16, int64, message } from '../schema.ts'

/** The control record that opens a KRaft snapshot (KIP-630). */
export const snapshotHeaderRecord = message(
  'SnapshotHeaderRecord',
  { versions: '0', flexible: '0+' },
  {
    version: int16('0+'),
    lastContainedLogTimestamp: int64('0+'),
  },
)

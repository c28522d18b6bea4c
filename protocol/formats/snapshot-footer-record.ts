import { int16, message } from '../schema.ts'

/** The control record that closes a KRaft snapshot (KIP-630). */
export const snapshotFooterRecord = message(
  'SnapshotFooterRecord',
  { versions: '0', flexible: '0+' },
  {
    version: int16('0+'),
  },
)

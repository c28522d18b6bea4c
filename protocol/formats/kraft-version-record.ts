import { int16, message } from '../schema.ts'

/** The control record that says which version of KRaft a quorum speaks (KIP-853). */
export const kraftVersionRecord = message(
  'KRaftVersionRecord',
  { versions: '0', flexible: '0+' },
  {
    version: int16('0+'),
    kRaftVersion: int16('0+'),
  },
)

import { int32, int64, string } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** A committed offset as brokers before 0.9 keyed it; still read, never written. */
export const legacyOffsetCommit = coordinatorRecord({
  type: 0,
  name: 'LegacyOffsetCommit',
  key: {
    group: string('0+'),
    topic: string('0+'),
    partition: int32('0+'),
  },
  versions: '0',
  flexible: 'none',
  value: {
    offset: int64('0'),
    metadata: string('0'),
    commitTimestamp: int64('0'),
  },
})

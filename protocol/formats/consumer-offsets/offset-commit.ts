import { int32, int64, string, uuid } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** An offset that a group committed for a partition. */
export const offsetCommit = coordinatorRecord({
  type: 1,
  name: 'OffsetCommit',
  key: {
    group: string('0+'),
    topic: string('0+'),
    partition: int32('0+'),
  },
  versions: '0-4',
  flexible: '4+',
  value: {
    offset: int64('0+'),
    leaderEpoch: int32('3+', { default: -1 }),
    metadata: string('0+'),
    commitTimestamp: int64('0+'),
    expireTimestamp: int64('1', { default: -1 }),
    topicId: uuid('4+', { tag: 0 }),
  },
})

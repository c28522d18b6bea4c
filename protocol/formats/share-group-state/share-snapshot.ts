import { array, int8, int16, int32, int64, string, uuid } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** The whole state of one share partition. */
export const shareSnapshot = coordinatorRecord({
  type: 0,
  name: 'ShareSnapshot',
  key: {
    groupId: string('0+'),
    topicId: uuid('0+'),
    partition: int32('0+'),
  },
  versions: '0',
  flexible: '0+',
  value: {
    snapshotEpoch: int32('0+'),
    stateEpoch: int32('0+'),
    leaderEpoch: int32('0+'),
    startOffset: int64('0+'),
    deliveryCompleteCount: int32('0+', { tag: 0, default: -1 }),
    createTimestamp: int64('0+'),
    writeTimestamp: int64('0+'),
    stateBatches: array('0+', {
      firstOffset: int64('0+'),
      lastOffset: int64('0+'),
      deliveryState: int8('0+'),
      deliveryCount: int16('0+'),
    }),
  },
})

import { array, int32, string, uuid } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** The partition counts a share group knew (KIP-932); brokers 3.9 and 4.0 only. */
export const shareGroupPartitionMetadata = coordinatorRecord({
  type: 9,
  name: 'ShareGroupPartitionMetadata',
  key: {
    groupId: string('0+'),
  },
  versions: '0',
  flexible: '0+',
  value: {
    topics: array('0+', {
      topicId: uuid('0+'),
      topicName: string('0+'),
      numPartitions: int32('0+'),
      partitionMetadata: array('0+', {
        partition: int32('0+'),
        racks: array('0+', string()),
      }),
    }),
  },
})

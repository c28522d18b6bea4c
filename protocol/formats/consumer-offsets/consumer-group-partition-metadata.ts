import { array, int32, string, uuid } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** The partition counts and racks a consumer group knew (KIP-848); written by brokers before 4.1, a tombstone since. */
export const consumerGroupPartitionMetadata = coordinatorRecord({
  type: 4,
  name: 'ConsumerGroupPartitionMetadata',
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

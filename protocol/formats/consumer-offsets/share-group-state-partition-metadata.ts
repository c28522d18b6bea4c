import { array, int32, string, uuid } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** Which partitions' share states are being set up, are set up, or are being deleted (KIP-932). */
export const shareGroupStatePartitionMetadata = coordinatorRecord({
  type: 15,
  name: 'ShareGroupStatePartitionMetadata',
  key: {
    groupId: string('0+'),
  },
  versions: '0',
  flexible: '0+',
  value: {
    initializingTopics: array('0+', {
      topicId: uuid('0+'),
      topicName: string('0+'),
      partitions: array('0+', int32()),
    }),
    initializedTopics: array('0+', {
      topicId: uuid('0+'),
      topicName: string('0+'),
      partitions: array('0+', int32()),
    }),
    deletingTopics: array('0+', {
      topicId: uuid('0+'),
      topicName: string('0+'),
    }),
  },
})

import { array, int32, string, uuid } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** What the target assignment gives one member (KIP-848). */
export const consumerGroupTargetAssignmentMember = coordinatorRecord({
  type: 7,
  name: 'ConsumerGroupTargetAssignmentMember',
  key: {
    groupId: string('0+'),
    memberId: string('0+'),
  },
  versions: '0',
  flexible: '0+',
  value: {
    topicPartitions: array('0+', {
      topicId: uuid('0+'),
      partitions: array('0+', int32()),
    }),
  },
})

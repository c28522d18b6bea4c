import { array, int8, int32, string, uuid } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** What one member owns now and gives up (KIP-848). */
export const consumerGroupCurrentMemberAssignment = coordinatorRecord({
  type: 8,
  name: 'ConsumerGroupCurrentMemberAssignment',
  key: {
    groupId: string('0+'),
    memberId: string('0+'),
  },
  versions: '0',
  flexible: '0+',
  value: {
    memberEpoch: int32('0+'),
    previousMemberEpoch: int32('0+'),
    state: int8('0+'),
    assignedPartitions: array('0+', {
      topicId: uuid('0+'),
      partitions: array('0+', int32()),
      assignmentEpochs: array('0+', { nullable: '0+', tag: 0 }, int32()),
    }),
    partitionsPendingRevocation: array('0+', {
      topicId: uuid('0+'),
      partitions: array('0+', int32()),
      assignmentEpochs: array('0+', { nullable: '0+', tag: 0 }, int32()),
    }),
  },
})

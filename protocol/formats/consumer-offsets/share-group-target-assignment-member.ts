import { array, int32, string, uuid } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** What the target assignment gives one member of a share group (KIP-932). */
export const shareGroupTargetAssignmentMember = coordinatorRecord({
  type: 13,
  name: 'ShareGroupTargetAssignmentMember',
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

import { array, int32, string } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** The tasks that the target assignment gives one member (KIP-1071). */
export const streamsGroupTargetAssignmentMember = coordinatorRecord({
  type: 21,
  name: 'StreamsGroupTargetAssignmentMember',
  key: {
    groupId: string('0+'),
    memberId: string('0+'),
  },
  versions: '0',
  flexible: '0+',
  value: {
    activeTasks: array('0+', {
      subtopologyId: string('0+'),
      partitions: array('0+', int32()),
    }),
    standbyTasks: array('0+', {
      subtopologyId: string('0+'),
      partitions: array('0+', int32()),
    }),
    warmupTasks: array('0+', {
      subtopologyId: string('0+'),
      partitions: array('0+', int32()),
    }),
  },
})

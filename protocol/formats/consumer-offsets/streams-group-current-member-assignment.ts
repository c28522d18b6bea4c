import { array, int8, int32, string } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** The tasks that one member owns now and gives up (KIP-1071). */
export const streamsGroupCurrentMemberAssignment = coordinatorRecord({
  type: 22,
  name: 'StreamsGroupCurrentMemberAssignment',
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
    activeTasks: array('0+', {
      subtopologyId: string('0+'),
      partitions: array('0+', int32()),
      assignmentEpochs: array('0+', { nullable: '0+', tag: 0 }, int32()),
    }),
    standbyTasks: array('0+', {
      subtopologyId: string('0+'),
      partitions: array('0+', int32()),
      assignmentEpochs: array('0+', { nullable: '0+', tag: 0 }, int32()),
    }),
    warmupTasks: array('0+', {
      subtopologyId: string('0+'),
      partitions: array('0+', int32()),
      assignmentEpochs: array('0+', { nullable: '0+', tag: 0 }, int32()),
    }),
    activeTasksPendingRevocation: array('0+', {
      subtopologyId: string('0+'),
      partitions: array('0+', int32()),
      assignmentEpochs: array('0+', { nullable: '0+', tag: 0 }, int32()),
    }),
    standbyTasksPendingRevocation: array('0+', {
      subtopologyId: string('0+'),
      partitions: array('0+', int32()),
      assignmentEpochs: array('0+', { nullable: '0+', tag: 0 }, int32()),
    }),
    warmupTasksPendingRevocation: array('0+', {
      subtopologyId: string('0+'),
      partitions: array('0+', int32()),
      assignmentEpochs: array('0+', { nullable: '0+', tag: 0 }, int32()),
    }),
  },
})

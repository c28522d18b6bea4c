import { int32, int64, string } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** The epoch of a streams group's target assignment (KIP-1071). */
export const streamsGroupTargetAssignmentMetadata = coordinatorRecord({
  type: 20,
  name: 'StreamsGroupTargetAssignmentMetadata',
  key: {
    groupId: string('0+'),
  },
  versions: '0',
  flexible: '0+',
  value: {
    assignmentEpoch: int32('0+'),
    assignmentTimestamp: int64('0+', { tag: 0, default: 0 }),
  },
})

import { int32, int64, string } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** The epoch of a share group's target assignment (KIP-932). */
export const shareGroupTargetAssignmentMetadata = coordinatorRecord({
  type: 12,
  name: 'ShareGroupTargetAssignmentMetadata',
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

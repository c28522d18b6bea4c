import { int32, int64, string } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** The epoch of a share group (KIP-932). */
export const shareGroupMetadata = coordinatorRecord({
  type: 11,
  name: 'ShareGroupMetadata',
  key: {
    groupId: string('0+'),
  },
  versions: '0',
  flexible: '0+',
  value: {
    epoch: int32('0+'),
    metadataHash: int64('0+'),
  },
})

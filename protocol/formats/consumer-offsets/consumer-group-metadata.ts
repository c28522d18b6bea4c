import { int32, int64, string } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** The epoch of a consumer group (KIP-848). */
export const consumerGroupMetadata = coordinatorRecord({
  type: 3,
  name: 'ConsumerGroupMetadata',
  key: {
    groupId: string('0+'),
  },
  versions: '0',
  flexible: '0+',
  value: {
    epoch: int32('0+'),
    metadataHash: int64('0+', { tag: 0, default: 0 }),
  },
})

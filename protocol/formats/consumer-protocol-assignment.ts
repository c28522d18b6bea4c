import { array, bytes, int32, message, string } from '../schema.ts'

/** What the leader of a consumer group gives each member in SyncGroup. */
export const consumerProtocolAssignment = message(
  'ConsumerProtocolAssignment',
  { versions: '0-3', flexible: 'none' },
  {
    assignedPartitions: array('0+', {
      topic: string('0+'),
      partitions: array('0+', int32()),
    }),
    userData: bytes('0+', { nullable: '0+', default: null }),
  },
)

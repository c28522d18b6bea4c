import { array, int32, int64, string } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** The epoch of a streams group (KIP-1071). */
export const streamsGroupMetadata = coordinatorRecord({
  type: 17,
  name: 'StreamsGroupMetadata',
  key: {
    groupId: string('0+'),
  },
  versions: '0',
  flexible: '0+',
  value: {
    epoch: int32('0+'),
    metadataHash: int64('0+'),
    validatedTopologyEpoch: int32('0+', { tag: 0, default: -1 }),
    lastAssignmentConfigs: array(
      '0+',
      { nullable: '0+', tag: 1 },
      {
        key: string('0+'),
        value: string('0+'),
      },
    ),
    storedDescriptionTopologyEpoch: int32('0+', { tag: 2, default: -1 }),
    failedDescriptionTopologyEpoch: int32('0+', { tag: 3, default: -1 }),
  },
})

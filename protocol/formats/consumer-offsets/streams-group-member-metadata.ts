import { array, int32, string, struct, uint16 } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** A member of a streams group and what it said of itself (KIP-1071). */
export const streamsGroupMemberMetadata = coordinatorRecord({
  type: 19,
  name: 'StreamsGroupMemberMetadata',
  key: {
    groupId: string('0+'),
    memberId: string('0+'),
  },
  versions: '0',
  flexible: '0+',
  value: {
    instanceId: string('0+', { nullable: '0+' }),
    rackId: string('0+', { nullable: '0+' }),
    clientId: string('0+'),
    clientHost: string('0+'),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    topologyEpoch: int32('0+'),
    processId: string('0+'),
    userEndpoint: struct(
      '0+',
      { nullable: '0+', default: null },
      {
        host: string('0+'),
        port: uint16('0+'),
      },
    ),
    clientTags: array('0+', {
      key: string('0+'),
      value: string('0+'),
    }),
  },
})

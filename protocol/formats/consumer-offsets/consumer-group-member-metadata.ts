import { array, bytes, int32, string, struct } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** A member of a consumer group and what it subscribed to (KIP-848). */
export const consumerGroupMemberMetadata = coordinatorRecord({
  type: 5,
  name: 'ConsumerGroupMemberMetadata',
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
    subscribedTopicNames: array('0+', string()),
    subscribedTopicRegex: string('0+', { nullable: '0+' }),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    serverAssignor: string('0+', { nullable: '0+' }),
    classicMemberMetadata: struct(
      '0+',
      { nullable: '0+', tag: 0 },
      {
        sessionTimeoutMs: int32('0+'),
        supportedProtocols: array('0+', {
          name: string('0+'),
          metadata: bytes('0+'),
        }),
      },
    ),
  },
})

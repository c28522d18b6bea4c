import { array, string } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** A member of a share group and what it subscribed to (KIP-932). */
export const shareGroupMemberMetadata = coordinatorRecord({
  type: 10,
  name: 'ShareGroupMemberMetadata',
  key: {
    groupId: string('0+'),
    memberId: string('0+'),
  },
  versions: '0',
  flexible: '0+',
  value: {
    rackId: string('0+', { nullable: '0+' }),
    clientId: string('0+'),
    clientHost: string('0+'),
    subscribedTopicNames: array('0+', string()),
  },
})

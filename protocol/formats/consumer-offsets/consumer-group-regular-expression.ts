import { array, int64, string } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** A regular expression that a consumer group subscribed to, and the topics it resolved to (KIP-848). */
export const consumerGroupRegularExpression = coordinatorRecord({
  type: 16,
  name: 'ConsumerGroupRegularExpression',
  key: {
    groupId: string('0+'),
    regularExpression: string('0+'),
  },
  versions: '0',
  flexible: '0+',
  value: {
    topics: array('0+', string()),
    version: int64('0+'),
    timestamp: int64('0+'),
  },
})

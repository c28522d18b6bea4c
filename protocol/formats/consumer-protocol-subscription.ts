import { array, bytes, int32, message, string } from '../schema.ts'

/** What a consumer tells the leader of its group in JoinGroup: the metadata of the protocol type `consumer`. */
export const consumerProtocolSubscription = message(
  'ConsumerProtocolSubscription',
  { versions: '0-3', flexible: 'none' },
  {
    topics: array('0+', string()),
    userData: bytes('0+', { nullable: '0+', default: null }),
    ownedPartitions: array('1+', {
      topic: string('1+'),
      partitions: array('1+', int32()),
    }),
    generationId: int32('2+', { default: -1 }),
    rackId: string('3+', { nullable: '3+', default: null }),
  },
)

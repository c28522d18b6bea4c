import { alterShareGroupOffsets } from '../../../protocol/messages/alter-share-group-offsets.ts'
import { deleteShareGroupOffsets } from '../../../protocol/messages/delete-share-group-offsets.ts'
import { describeShareGroupOffsets } from '../../../protocol/messages/describe-share-group-offsets.ts'
import { shareAcknowledge } from '../../../protocol/messages/share-acknowledge.ts'
import { shareFetch } from '../../../protocol/messages/share-fetch.ts'
import { shareGroupDescribe } from '../../../protocol/messages/share-group-describe.ts'
import { shareGroupHeartbeat } from '../../../protocol/messages/share-group-heartbeat.ts'
import { type Question, question } from './question.ts'

/** A member of `s-g1` that has a share session. */
export const SHARE_MEMBER = 'c2hhcmUtbWVtYmVyLTAwMQ'
const OTHER_MEMBER = 'c2hhcmUtbWVtYmVyLTAwMg'

/** `s-g1` has a member, `s-g2` has had one. */
export const ABOUT_SHARE_GROUPS: readonly Question[] = [
  question(shareGroupHeartbeat, 'a new member', 'newest', () => ({
    groupId: 's-g1',
    memberId: OTHER_MEMBER,
    memberEpoch: 0,
    subscribedTopicNames: ['alpha'],
  })),
  question(shareGroupDescribe, 'two', 'newest', () => ({ groupIds: ['s-g1', 's-g3'] })),
  question(shareFetch, 'a new session', 'newest', ({ topicId }) => ({
    groupId: 's-g1',
    memberId: OTHER_MEMBER,
    shareSessionEpoch: 0,
    maxWaitMs: 0,
    maxRecords: 10,
    topics: [{ topicId: topicId('alpha'), partitions: [{ partitionIndex: 0 }] }],
  })),
  question(shareAcknowledge, 'what was not acquired', 'newest', ({ topicId }) => {
    const acknowledgementBatches = [{ firstOffset: 0, lastOffset: 0, acknowledgeTypes: [1] }]
    return {
      groupId: 's-g1',
      memberId: SHARE_MEMBER,
      shareSessionEpoch: 1,
      topics: [{ topicId: topicId('alpha'), partitions: [{ partitionIndex: 0, acknowledgementBatches }] }],
    }
  }),
  question(describeShareGroupOffsets, 'of some topics', 'all', () => ({
    groups: [{ groupId: 's-g1', topics: [{ topicName: 'alpha', partitions: [0] }] }],
  })),
  question(describeShareGroupOffsets, 'of all topics', 'all', () => ({
    groups: [{ groupId: 's-g1', topics: null }],
  })),
  question(alterShareGroupOffsets, 'of an empty group', 'all', () => ({
    groupId: 's-g2',
    topics: [{ topicName: 'alpha', partitions: [{ partitionIndex: 0, startOffset: 0 }] }],
  })),
  question(deleteShareGroupOffsets, 'of an empty group', 'all', () => ({
    groupId: 's-g2',
    topics: [{ topicName: 'alpha' }],
  })),
]

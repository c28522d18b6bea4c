import { alterShareGroupOffsets } from '../../../protocol/messages/alter-share-group-offsets.ts'
import { deleteShareGroupOffsets } from '../../../protocol/messages/delete-share-group-offsets.ts'
import { deleteShareGroupState } from '../../../protocol/messages/delete-share-group-state.ts'
import { describeShareGroupOffsets } from '../../../protocol/messages/describe-share-group-offsets.ts'
import { initializeShareGroupState } from '../../../protocol/messages/initialize-share-group-state.ts'
import { readShareGroupState } from '../../../protocol/messages/read-share-group-state.ts'
import { readShareGroupStateSummary } from '../../../protocol/messages/read-share-group-state-summary.ts'
import { shareAcknowledge } from '../../../protocol/messages/share-acknowledge.ts'
import { shareFetch } from '../../../protocol/messages/share-fetch.ts'
import { shareGroupDescribe } from '../../../protocol/messages/share-group-describe.ts'
import { shareGroupHeartbeat } from '../../../protocol/messages/share-group-heartbeat.ts'
import { writeShareGroupState } from '../../../protocol/messages/write-share-group-state.ts'
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
    // Whether Kafka has read the group's states back by then is chance.
    maxWaitMs: 0,
    maxRecords: 0,
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
  question(initializeShareGroupState, 'of a partition', 'all', ({ topicId }) => ({
    groupId: 's-g4',
    topics: [{ topicId: topicId('alpha'), partitions: [{ partition: 0, stateEpoch: 1, startOffset: 0 }] }],
  })),
  question(readShareGroupState, 'of a partition', 'all', ({ topicId }) => ({
    groupId: 's-g4',
    topics: [{ topicId: topicId('alpha'), partitions: [{ partition: 0, leaderEpoch: 0 }] }],
  })),
  question(writeShareGroupState, 'of a partition', 'all', ({ topicId }) => ({
    groupId: 's-g4',
    topics: [
      {
        topicId: topicId('alpha'),
        partitions: [{ partition: 0, stateEpoch: 1, leaderEpoch: 0, startOffset: 0, stateBatches: [] }],
      },
    ],
  })),
  question(readShareGroupStateSummary, 'of a partition', 'all', ({ topicId }) => ({
    groupId: 's-g4',
    topics: [{ topicId: topicId('alpha'), partitions: [{ partition: 0, leaderEpoch: 0 }] }],
  })),
  question(deleteShareGroupState, 'of a partition', 'all', ({ topicId }) => ({
    groupId: 's-g4',
    topics: [{ topicId: topicId('alpha'), partitions: [{ partition: 0 }] }],
  })),
]

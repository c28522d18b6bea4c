import { streamsGroupDescribe } from '../../../protocol/messages/streams-group-describe.ts'
import { streamsGroupHeartbeat } from '../../../protocol/messages/streams-group-heartbeat.ts'
import { type Question, question } from './question.ts'

/** A member of a group whose topology takes an internal topic of that name. */
export function streamsMember(groupId: string, changelog: string) {
  return {
    groupId,
    memberId: 'somebody',
    memberEpoch: 0,
    rebalanceTimeoutMs: 1000,
    processId: 'process',
    topology: {
      epoch: 0,
      subtopologies: [
        { subtopologyId: '0', sourceTopics: ['alpha'], stateChangelogTopics: [{ name: changelog }] },
      ],
    },
  }
}

/** `st-g1` has a member. */
export const ABOUT_STREAMS_GROUPS: readonly Question[] = [
  question(streamsGroupHeartbeat, 'a new member', 'newest', () =>
    streamsMember('st-g2', 'st-g2-store-changelog'),
  ),
  question(streamsGroupDescribe, 'two', 'newest', () => ({ groupIds: ['st-g1', 'st-g3'] })),
]

import { findCoordinator } from '../../../../protocol/messages/find-coordinator.ts'
import { ACCEPT } from '../member.ts'
import type { Script } from '../steps.ts'

/** With `share.version` 0; run after all others. */
export const WITHOUT: Script = {
  name: 'share groups are switched off',
  async run(steps) {
    await steps.peer.createTopic(steps.topic, 1)
    const one = await steps.member()
    await one.beat('joins', { subscribedTopicNames: [steps.topic] })
    await one.fetch('fetches')
    await one.acknowledge('acknowledges', [[0, 0, ACCEPT]])
    await steps.describe('a group')
    await steps.offsets('of a group')
    await steps.alter('of a group', { 0: 0 })
    await steps.forget('of a group', steps.topic)
    await steps.delete('a group')
    const request = { keyType: 2, coordinatorKeys: [`g:${steps.topicId}:0`] }
    await steps.ask('a coordinator', findCoordinator, 6, request)
  },
}

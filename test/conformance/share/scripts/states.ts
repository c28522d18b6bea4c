import { deleteShareGroupState } from '../../../../protocol/messages/delete-share-group-state.ts'
import { initializeShareGroupState } from '../../../../protocol/messages/initialize-share-group-state.ts'
import { readShareGroupState } from '../../../../protocol/messages/read-share-group-state.ts'
import { readShareGroupStateSummary } from '../../../../protocol/messages/read-share-group-state-summary.ts'
import { writeShareGroupState } from '../../../../protocol/messages/write-share-group-state.ts'
import { ACCEPT } from '../member.ts'
import type { Script, Steps } from '../steps.ts'

interface Batch {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly deliveryState: number
  readonly deliveryCount: number
}

const [AVAILABLE, ACKNOWLEDGED, ARCHIVED] = [0, 2, 4] as const

/** The requests that brokers send each other, in the words of one of them. */
class Persister {
  readonly #steps: Steps

  constructor(steps: Steps) {
    this.#steps = steps
  }

  #request<P extends object>(partition: P) {
    const { groupId, topicId } = this.#steps
    return { groupId, topics: [{ topicId, partitions: [{ partition: 0, ...partition }] }] }
  }

  initialize(label: string, stateEpoch: number, startOffset: number, more = {}) {
    const request = this.#request({ stateEpoch, startOffset, ...more })
    return this.#steps.ask(label, initializeShareGroupState, 0, request)
  }

  read(label: string, leaderEpoch: number, more = {}) {
    return this.#steps.ask(label, readShareGroupState, 0, this.#request({ leaderEpoch, ...more }))
  }

  write(label: string, [stateEpoch, leaderEpoch]: [number, number], startOffset: number, more = {}) {
    const request = this.#request({ stateEpoch, leaderEpoch, startOffset, stateBatches: [], ...more })
    return this.#steps.ask(label, writeShareGroupState, 1, request)
  }

  summary(label: string, version = 1) {
    return this.#steps.ask(label, readShareGroupStateSummary, version, this.#request({ leaderEpoch: 0 }))
  }

  delete(label: string, more = {}) {
    return this.#steps.ask(label, deleteShareGroupState, 0, this.#request(more))
  }
}

function batch(firstOffset: number, lastOffset: number, deliveryState: number, deliveryCount: number): Batch {
  return { firstOffset, lastOffset, deliveryState, deliveryCount }
}

export const stateScripts: readonly Script[] = [
  {
    name: 'share states are kept',
    async run(steps) {
      await steps.begin()
      const persister = new Persister(steps)
      await persister.read('what is not there', 0)
      await persister.write('what is not there', [1, 0], 0)
      await persister.summary('what is not there')
      await persister.delete('what is not there')
      await persister.initialize('at 3', 1, 3)
      await persister.summary('at 3')
      await persister.read('at 3', 2)
      await persister.summary('read by another leader')
      await persister.read('by an earlier leader', 1)
      await persister.write('by an earlier leader', [1, 1], 3)
      await persister.write('of an earlier state', [0, 2], 3)
      const stateBatches = [batch(3, 9, AVAILABLE, 1), batch(12, 14, ACKNOWLEDGED, 1)]
      await persister.write('some', [1, 2], 3, { deliveryCompleteCount: 3, stateBatches })
      await persister.read('some', 2)
      const later = [batch(5, 6, ARCHIVED, 2), batch(9, 12, ACKNOWLEDGED, 2)]
      await persister.write('over them', [1, 2], 4, { deliveryCompleteCount: 8, stateBatches: later })
      await persister.read('both', 2)
      await persister.write('an earlier start', [1, 2], 2, { deliveryCompleteCount: 1 })
      await persister.summary('after an earlier start')
      await persister.summary('in version 0', 0)
      await persister.initialize('of an earlier state', 0, 0)
      await persister.initialize('anew', 4, 7)
      await persister.read('anew, by an earlier leader', 1)
      await persister.read('anew', 2)
      await persister.delete('all')
      await persister.summary('of what was deleted')
      await persister.read('what was deleted', 9)
    },
  },
  {
    name: 'share states of nonsense',
    async run(steps) {
      await steps.begin()
      const { groupId, topicId } = steps
      const persister = new Persister(steps)
      await persister.initialize('below all epochs', -1, 0)
      await persister.initialize('of no partition', 1, 0, { partition: 7 })
      await persister.initialize('of a partition below all', 1, 0, { partition: -1 })
      await persister.initialize('where nothing is', 1, -1)
      await persister.read('below all epochs', -1)
      await persister.read('of no partition', 0, { partition: 7 })
      await persister.write('below all epochs', [-1, 0], 0)
      await persister.write('below all leaders', [1, -1], 0)
      await persister.delete('of no partition', { partition: 7 })
      await persister.delete('of a partition below all', { partition: -1 })
      const partitions = [{ partition: 0 }]
      await steps.ask('no group', deleteShareGroupState, 0, {
        groupId: '',
        topics: [{ topicId, partitions }],
      })
      await steps.ask('no topics', deleteShareGroupState, 0, { groupId, topics: [] })
      await steps.ask('no partitions', deleteShareGroupState, 0, {
        groupId,
        topics: [{ topicId, partitions: [] }],
      })
    },
  },
  {
    name: 'share states of a group',
    async run(steps) {
      await steps.begin()
      await steps.produce(6)
      const persister = new Persister(steps)
      const one = await steps.joined()
      await persister.summary('set up')
      await one.fetch('takes all')
      await one.acknowledge('accepts some', [
        [0, 1, ACCEPT],
        [4, 4, ACCEPT],
      ])
      await persister.summary('of what was accepted')
      await persister.read('of what was accepted', 0)
      await persister.read('by a leader to come', 5)
      await one.acknowledge('has been overtaken', [[2, 2, ACCEPT]])
      await one.fetch('finds another leader', { maxWaitMs: 1000 })
    },
  },
]

import { ErrorCode } from '../../../protocol/errors.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { describeShareGroupOffsets } from '../../../protocol/messages/describe-share-group-offsets.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { initProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { RawClient } from '../../helpers/raw-client.ts'

/** Set on both sides, so that scripts need not take long. */
export const CONFIGS = {
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '1',
  'share.coordinator.state.topic.num.partitions': '1',
  'group.initial.rebalance.delay.ms': '0',
  'group.share.min.session.timeout.ms': '500',
  'group.share.min.heartbeat.interval.ms': '100',
  'group.share.heartbeat.interval.ms': '1000',
  'group.share.min.record.lock.duration.ms': '1000',
  'group.share.assignment.interval.ms': '0',
  'group.share.max.size': '3',
} as const

const TRIES = 300
const BETWEEN_TRIES_MS = 50

/** A broker at an address, Kafka's or ours, that coordinates and leads everything. */
export class Peer {
  readonly address: string
  readonly topicIds = new Map<string, string>()
  readonly #admin: RawClient

  private constructor(address: string, admin: RawClient) {
    this.address = address
    this.#admin = admin
  }

  /** Waits until all coordinators are there. */
  static async connect(address: string): Promise<Peer> {
    const admin = await RawClient.connect(address)
    const peer = new Peer(address, admin)
    await peer.until('coordinators', async () => {
      const keys = [0, 1].map((keyType) =>
        admin.send(findCoordinator, 4, { keyType, coordinatorKeys: ['any'] }),
      )
      const found = await Promise.all(keys)
      if (found.some(({ coordinators }) => coordinators[0]?.errorCode !== ErrorCode.NONE)) return false
      // Found is not yet loaded.
      const { groups } = await admin.send(describeShareGroupOffsets, 0, {
        groups: [{ groupId: 'any', topics: null }],
      })
      const { errorCode } = await admin.send(initProducerId, 5, {
        transactionalId: 'any',
        transactionTimeoutMs: 1000,
      })
      return errorCode === ErrorCode.NONE && groups[0]?.errorCode !== ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    })
    return peer
  }

  get admin(): RawClient {
    return this.#admin
  }

  async createTopic(name: string, numPartitions: number): Promise<string> {
    const wish = { name, numPartitions, replicationFactor: 1 }
    const created = await this.#admin.send(createTopics, 7, { topics: [wish], timeoutMs: 10_000 })
    const topicId = created.topics[0]?.topicId as string
    this.topicIds.set(name, topicId)
    await this.until('leaders', async () => {
      const { topics } = await this.#admin.send(metadata, 9, { topics: [{ name }] })
      const partitions = topics[0]?.partitions ?? []
      const isLed = partitions.length === numPartitions && partitions.every(({ leaderId }) => leaderId >= 0)
      return isLed && (await this.#isSeen(name, topicId))
    })
    return topicId
  }

  /** Whether the group coordinator knows of the topic, which a broker of Kafka does a moment after its controller. */
  async #isSeen(topicName: string, topicId: string): Promise<boolean> {
    const request = { groups: [{ groupId: 'any', topics: [{ topicName, partitions: [0] }] }] }
    const [group] = (await this.#admin.send(describeShareGroupOffsets, 0, request)).groups
    return group?.errorCode !== ErrorCode.NONE || group.topics[0]?.topicId === topicId
  }

  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      if (await isSo()) return
      await pause(BETWEEN_TRIES_MS)
    }
    throw new Error(`waited in vain for ${what}`)
  }

  close(): Promise<void> {
    return this.#admin.close()
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

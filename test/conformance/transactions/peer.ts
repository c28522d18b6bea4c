import { ErrorCode } from '../../../protocol/errors.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { describeTransactions } from '../../../protocol/messages/describe-transactions.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { initProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { offsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import type { Api, Decoded, Encodable } from '../../../protocol/schema.ts'
import { RawClient } from '../../helpers/raw-client.ts'

/** Set on both sides, so that scripts need not take long. */
export const CONFIGS = {
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '1',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '300',
  'transaction.max.timeout.ms': '60000',
  'group.initial.rebalance.delay.ms': '0',
  'offset.metadata.max.bytes': '16',
  // So that there is InitProducerId v6.
  'unstable.api.versions.enable': 'true',
} as const

const TRIES = 300
const BETWEEN_TRIES_MS = 30

/** One connection to a broker that coordinates everything: Kafka's or ours. */
export class Peer {
  readonly #connection: RawClient

  private constructor(connection: RawClient) {
    this.#connection = connection
  }

  /** Makes the topics and waits until all coordinators and leaders are there. */
  static async connect(address: string, topics: readonly string[]): Promise<Peer> {
    const peer = new Peer(await RawClient.connect(address))
    const wishes = topics.map((name) => ({ name, numPartitions: 2, replicationFactor: 1 }))
    await peer.send(createTopics, 7, { topics: wishes, timeoutMs: 10_000 })
    await peer.until('coordinators and leaders', async () => {
      const found = await Promise.all(
        [0, 1].map((keyType) => peer.send(findCoordinator, 4, { keyType, coordinatorKeys: ['any'] })),
      )
      if (found.some(({ coordinators }) => coordinators[0]?.errorCode !== ErrorCode.NONE)) return false
      const known = await peer.send(metadata, 9, { topics: topics.map((name) => ({ name })) })
      const { errorCode } = await peer.send(initProducerId, 5, { transactionalId: null })
      const leaders = known.topics.flatMap(({ partitions }) => partitions.map(({ leaderId }) => leaderId))
      // Found is not yet loaded.
      const { transactionStates } = await peer.send(describeTransactions, 0, { transactionalIds: ['any'] })
      const { groups } = await peer.send(offsetFetch, 8, { groups: [{ groupId: 'any', topics: null }] })
      return (
        errorCode === ErrorCode.NONE &&
        leaders.length === 2 * topics.length &&
        leaders.every((leader) => leader >= 0) &&
        transactionStates[0]?.errorCode === ErrorCode.TRANSACTIONAL_ID_NOT_FOUND &&
        groups[0]?.errorCode === ErrorCode.NONE
      )
    })
    return peer
  }

  send<A extends Api>(
    api: A,
    version: number,
    request: Encodable<A['request']>,
  ): Promise<Decoded<A['response']>> {
    return this.#connection.send(api, version, request)
  }

  /** Asks again and again, because Kafka's coordinators write markers when a request has been answered already. */
  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      if (await isSo()) return
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES_MS))
    }
    throw new Error(`waited in vain for ${what}`)
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}

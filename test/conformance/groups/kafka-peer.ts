import { ErrorCode } from '../../../protocol/errors.ts'
import { createPartitions } from '../../../protocol/messages/create-partitions.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { describeGroups } from '../../../protocol/messages/describe-groups.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { RawClient } from '../../helpers/raw-client.ts'
import type { GroupClient, GroupPeer } from './peer.ts'
import { TOPICS } from './peer.ts'

/** A broker at an address: Kafka itself, or a josephk that listens. */
export class KafkaPeer implements GroupPeer {
  readonly #address: string
  readonly #topicIds: Map<string, string>
  #connections = new Map<GroupClient, RawClient>()

  private constructor(address: string, topicIds: Map<string, string>) {
    this.#address = address
    this.#topicIds = topicIds
  }

  /** Makes the topics and waits until there is a coordinator. */
  static async connect(address: string): Promise<KafkaPeer> {
    await using client = await RawClient.connect(address)
    const topics = Object.entries(TOPICS).map(([name, numPartitions]) => ({
      name,
      numPartitions,
      replicationFactor: 1,
    }))
    const created = await client.send(createTopics, 7, { topics, timeoutMs: 10_000 })
    const ids = new Map(created.topics.map(({ name, topicId }) => [name, topicId]))
    for (let tries = 0; tries < 200; tries++) {
      const { coordinators } = await client.send(findCoordinator, 6, { coordinatorKeys: ['any'] })
      const isFound = coordinators[0]?.errorCode === ErrorCode.NONE
      // Found is not yet loaded.
      const { groups } = await client.send(describeGroups, 6, { groups: ['any'] })
      if (isFound && groups[0]?.errorCode === ErrorCode.GROUP_ID_NOT_FOUND) return new KafkaPeer(address, ids)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error('no coordinator in 20 s')
  }

  get topicIds(): ReadonlyMap<string, string> {
    return this.#topicIds
  }

  topicId(name: string): string {
    return this.#topicIds.get(name) as string
  }

  async createTopic(name: string, numPartitions: number): Promise<void> {
    await using client = await RawClient.connect(this.#address)
    const topic = { name, numPartitions, replicationFactor: 1 }
    const { topics } = await client.send(createTopics, 7, { topics: [topic], timeoutMs: 10_000 })
    this.#topicIds.set(name, topics[0]?.topicId as string)
    await this.pause(300)
  }

  async addPartitions(name: string, total: number): Promise<void> {
    await using client = await RawClient.connect(this.#address)
    await client.send(createPartitions, 3, {
      topics: [{ name, count: total, assignments: null }],
      timeoutMs: 10_000,
    })
    await this.pause(300)
  }

  async client(clientId: string): Promise<GroupClient> {
    const connection = await RawClient.connect(this.#address, clientId)
    const client: GroupClient = {
      clientId,
      send: (api, version, request) => connection.send(api, version, request),
    }
    this.#connections.set(client, connection)
    return client
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms))
  }

  async disconnect(client: GroupClient): Promise<void> {
    await this.#connections.get(client)?.close()
    this.#connections.delete(client)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()))
  }
}

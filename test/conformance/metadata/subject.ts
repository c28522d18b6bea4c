import { apis } from '../../../protocol/apis.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { type Api, type Decoded, type Encodable, ZERO_UUID } from '../../../protocol/schema.ts'
import { RawClient } from '../../helpers/raw-client.ts'

/** A broker that can be stopped and started again. */
export interface Stoppable {
  readonly nodeId: number
  readonly address: string
  stop(): Promise<void>
  start(): Promise<void>
}

/** Topics that only mark a point in time; nobody compares them. */
export const MARKER = 'zz-marker-'

const PATIENCE_MS = 30_000

/** A cluster that is asked questions, ours or Kafka's: through its first broker, which never stops. */
export class Subject {
  readonly clusterId: string
  readonly brokers: readonly Stoppable[]
  readonly #client: RawClient
  readonly #versions: ReadonlyMap<number, { min: number; max: number }>
  #markers = 0

  private constructor(
    clusterId: string,
    brokers: readonly Stoppable[],
    client: RawClient,
    versions: ReadonlyMap<number, { min: number; max: number }>,
  ) {
    this.clusterId = clusterId
    this.brokers = brokers
    this.#client = client
    this.#versions = versions
  }

  static async connect(clusterId: string, brokers: readonly Stoppable[]): Promise<Subject> {
    const client = await RawClient.connect((brokers[0] as Stoppable).address)
    const { apiKeys } = await client.send(apiVersions, 0, {})
    const versions = apiKeys.map(({ apiKey, minVersion, maxVersion }) => {
      return [apiKey, { min: minVersion, max: maxVersion }] as const
    })
    return new Subject(clusterId, brokers, client, new Map(versions))
  }

  get servedApis(): readonly string[] {
    return apis.filter(({ key }) => this.#versions.has(key)).map(({ name }) => name)
  }

  versionsOf(api: Api): { min: number; max: number } {
    const versions = this.#versions.get(api.key)
    if (!versions) throw new Error(`${api.name} is not served`)
    return versions
  }

  ask<A extends Api>(
    api: A,
    version: number,
    request: Encodable<A['request']>,
  ): Promise<Decoded<A['response']>> {
    return this.#client.send(api, version, request)
  }

  async topicId(name: string): Promise<string> {
    const { topics } = await this.ask(metadata, 12, { topics: [{ name }] })
    return topics[0]?.topicId ?? ZERO_UUID
  }

  /** Waits until the broker has seen everything that the controller did before this call. */
  async catchUp(): Promise<void> {
    const name = `${MARKER}${this.#markers++}`
    const topic = {
      name,
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [1] }],
    }
    await this.ask(createTopics, 7, { topics: [topic] })
    await this.until(async () => (await this.topicId(name)) !== ZERO_UUID)
  }

  async until(holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + PATIENCE_MS
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`not within ${PATIENCE_MS} ms: ${holds}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

import { SeededRandom } from '../../lib/lab/random.ts'
import { Controller } from '../../lib/metadata/controller/controller.ts'
import type { CreatableTopic } from '../../lib/metadata/controller/create-topics.ts'
import { EffectiveConfigs } from '../../lib/metadata/effective-configs.ts'
import { featureRecords } from '../../lib/metadata/features.ts'
import type { PartitionState, TopicState } from '../../lib/metadata/image.ts'
import { Metadata } from '../../lib/metadata/metadata.ts'
import type { BrokerEndpoint } from '../../lib/metadata/records.ts'

export const CLUSTER_ID = 'a-cluster-id-of-22-chr'

export interface ControlledOptions {
  /** Node ids of brokers that are up. Default: 1, 2, 3. */
  readonly brokers?: readonly number[]
  readonly racks?: Readonly<Record<number, string>>
  /** Static configs of all brokers. */
  readonly config?: Readonly<Record<string, string>>
  /** Static configs of single brokers. */
  readonly brokerConfig?: Readonly<Record<number, Readonly<Record<string, string>>>>
  readonly seed?: number
}

/** The metadata floor of a cluster, without sockets or logs. */
export class Controlled {
  readonly metadata = new Metadata(CLUSTER_ID)
  readonly configs: EffectiveConfigs
  readonly controller: Controller
  readonly #racks: Readonly<Record<number, string>>

  constructor({
    brokers = [1, 2, 3],
    racks = {},
    config = {},
    brokerConfig = {},
    seed = 1,
  }: ControlledOptions = {}) {
    this.configs = new EffectiveConfigs(this.metadata, {
      cluster: new Map(Object.entries(config)),
      brokers: new Map(
        Object.entries(brokerConfig).map(([nodeId, own]) => [Number(nodeId), new Map(Object.entries(own))]),
      ),
    })
    this.controller = new Controller(this.metadata, this.configs, new SeededRandom(seed))
    this.#racks = racks
    this.metadata.commit(featureRecords())
    for (const nodeId of brokers) this.up(nodeId)
  }

  get image() {
    return this.metadata.image
  }

  up(nodeId: number, endPoints: readonly BrokerEndpoint[] = [endPoint(nodeId)]): void {
    this.controller.registerBroker({ brokerId: nodeId, rack: this.#racks[nodeId] ?? null, endPoints })
  }

  down(nodeId: number): void {
    this.controller.fenceBroker(nodeId)
  }

  /** Creates a topic with these replicas of each partition. */
  topic(name: string, ...replicas: number[][]): void {
    const results = this.controller.createTopics([assignedTopic(name, ...replicas)])
    const error = Array.isArray(results) ? results[0] : results
    if (!error || 'errorCode' in error) throw new Error(`${name} was not created: ${JSON.stringify(error)}`)
  }

  topicState(name: string): TopicState {
    const state = this.image.topicsByName.get(name)
    if (!state) throw new Error(`there is no ${name}`)
    return state
  }

  partition(topic: string, index = 0): PartitionState {
    const state = this.topicState(topic).partitions[index]
    if (!state) throw new Error(`there is no ${topic}-${index}`)
    return state
  }
}

export function endPoint(nodeId: number, name = 'PLAINTEXT', port = 9000): BrokerEndpoint {
  return { name, host: `broker-${nodeId}`, port: port + nodeId, securityProtocol: 'PLAINTEXT' }
}

export function creatableTopic(name: string, more: Partial<CreatableTopic> = {}): CreatableTopic {
  return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...more }
}

export function assignedTopic(name: string, ...replicas: number[][]): CreatableTopic {
  const assignments = replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
  return creatableTopic(name, { numPartitions: -1, replicationFactor: -1, assignments })
}

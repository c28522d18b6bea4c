import { consumerGroupHeartbeat } from '../../../protocol/messages/consumer-group-heartbeat.ts'
import { deleteGroups } from '../../../protocol/messages/delete-groups.ts'
import { incrementalAlterConfigs } from '../../../protocol/messages/incremental-alter-configs.ts'
import { joinGroup } from '../../../protocol/messages/join-group.ts'
import { listGroups } from '../../../protocol/messages/list-groups.ts'
import { offsetCommit } from '../../../protocol/messages/offset-commit.ts'
import { offsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import { streamsGroupDescribe } from '../../../protocol/messages/streams-group-describe.ts'
import { streamsGroupHeartbeat } from '../../../protocol/messages/streams-group-heartbeat.ts'
import type { Decoded, Encodable } from '../../../protocol/schema.ts'
import { RANGE } from '../../helpers/groups/group-driver.ts'
import type { KafkaPeer } from '../groups/kafka-peer.ts'
import type { GroupClient } from '../groups/peer.ts'
import type { Transcript } from '../groups/transcript.ts'

export interface Script {
  readonly name: string
  run(steps: Steps): Promise<void>
}

export type Beat = Encodable<(typeof streamsGroupHeartbeat)['request']>
export type Beaten = Decoded<(typeof streamsGroupHeartbeat)['response']>
export type Topology = NonNullable<Beat['topology']>

const GROUP = 32
const SET = 0
const NO_TASKS = { activeTasks: [], standbyTasks: [], warmupTasks: [] }

/** Tasks of one subtopology. */
export function tasks(subtopologyId: string, ...partitions: number[]) {
  return [{ subtopologyId, partitions }]
}

/** The words scripts are written in. Every answer goes to the transcript. */
export class Steps {
  readonly peer: KafkaPeer
  readonly groupId: string
  #transcript: Transcript

  constructor(peer: KafkaPeer, groupId: string, transcript: Transcript) {
    this.peer = peer
    this.groupId = groupId
    this.#transcript = transcript
  }

  client(clientId = 'client'): Promise<GroupClient> {
    return this.peer.client(clientId)
  }

  note<T>(label: string, answer: T | Promise<T>): Promise<T> {
    return this.#transcript.add(label, answer)
  }

  pause(ms: number): Promise<void> {
    return this.peer.pause(ms)
  }

  /** Long enough for what changed to be known to a coordinator. */
  settle(): Promise<void> {
    return this.pause(700)
  }

  /** One subtopology that reads the topic and keeps no state. */
  stateless(...sourceTopics: string[]): Topology {
    return { epoch: 0, subtopologies: [{ subtopologyId: '0', sourceTopics }] }
  }

  /** The same with a store. */
  stateful(source = 'orders', topicConfigs = [{ key: 'cleanup.policy', value: 'compact' }]): Topology {
    const stateChangelogTopics = [{ name: `${this.groupId}-store-changelog`, topicConfigs }]
    return { epoch: 0, subtopologies: [{ subtopologyId: '0', sourceTopics: [source], stateChangelogTopics }] }
  }

  /** Words by word, counted. */
  wordCount(partitions = 0): Topology {
    const repartition = `${this.groupId}-by-word-repartition`
    const topicConfigs = [
      { key: 'cleanup.policy', value: 'delete' },
      { key: 'retention.ms', value: '-1' },
    ]
    return {
      epoch: 0,
      subtopologies: [
        { subtopologyId: '0', sourceTopics: ['orders'], repartitionSinkTopics: [repartition] },
        {
          subtopologyId: '1',
          repartitionSourceTopics: [{ name: repartition, partitions, topicConfigs }],
          stateChangelogTopics: [
            {
              name: `${this.groupId}-counts-changelog`,
              replicationFactor: 1,
              topicConfigs: [{ key: 'cleanup.policy', value: 'compact' }],
            },
          ],
        },
      ],
    }
  }

  /** StreamsGroupHeartbeat, in the newest version where not said. */
  beat(client: GroupClient, request: Beat = {}, version = 1): Promise<Beaten> {
    return client.send(streamsGroupHeartbeat, version, { groupId: this.groupId, ...request })
  }

  /** A member joins; each is a process of its own where not said otherwise. */
  enter(client: GroupClient, memberId: string, topology: Topology, request: Beat = {}, version = 1) {
    const joining = {
      memberId,
      memberEpoch: 0,
      rebalanceTimeoutMs: 5000,
      processId: `process-of-${memberId}`,
    }
    return this.beat(client, { ...joining, topology, ...NO_TASKS, ...request }, version)
  }

  /** A member says which active tasks it owns, and whatever is given beyond. */
  owns(
    client: GroupClient,
    memberId: string,
    memberEpoch: number,
    activeTasks: Beat['activeTasks'],
    request: Beat = {},
  ) {
    return this.beat(client, { memberId, memberEpoch, ...NO_TASKS, activeTasks, ...request })
  }

  async describe(client: GroupClient, version = 1, includeTopologyDescription = false) {
    const request = {
      groupIds: [this.groupId],
      includeAuthorizedOperations: true,
      includeTopologyDescription,
    }
    const { groups } = await client.send(streamsGroupDescribe, version, request)
    return groups[0]
  }

  async list(client: GroupClient, filter: Encodable<(typeof listGroups)['request']> = {}) {
    const { groups } = await client.send(listGroups, 5, filter)
    return groups.filter(({ groupId }) => groupId === this.groupId)
  }

  remove(client: GroupClient) {
    return client.send(deleteGroups, 2, { groupsNames: [this.groupId] })
  }

  /** A config of the group. */
  async configure(client: GroupClient, name: string, value: string) {
    const configs = [{ name, configOperation: SET, value }]
    const resources = [{ resourceType: GROUP, resourceName: this.groupId, configs }]
    const { responses } = await client.send(incrementalAlterConfigs, 1, { resources })
    await this.settle()
    return responses[0]?.errorCode
  }

  commit(client: GroupClient, memberId: string, epoch: number, partitionIndex = 0, version = 9) {
    const partitions = [{ partitionIndex, committedOffset: 7, committedMetadata: 'm' }]
    const topics = [{ name: 'orders', partitions }]
    const request = { groupId: this.groupId, memberId, generationIdOrMemberEpoch: epoch, topics }
    return client.send(offsetCommit, version, request)
  }

  fetch(client: GroupClient, memberId: string | null, memberEpoch: number) {
    const topics = [{ name: 'orders', partitionIndexes: [0] }]
    return client.send(offsetFetch, 9, { groups: [{ groupId: this.groupId, memberId, memberEpoch, topics }] })
  }

  /** A member of the classic protocol. */
  joinClassic(client: GroupClient, memberId = '') {
    return client.send(joinGroup, 9, {
      groupId: this.groupId,
      memberId,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      protocolType: 'consumer',
      protocols: RANGE,
    })
  }

  /** A member of the protocol of KIP-848. */
  joinConsumer(client: GroupClient, memberId: string, memberEpoch = 0) {
    return client.send(consumerGroupHeartbeat, 1, {
      groupId: this.groupId,
      memberId,
      memberEpoch,
      rebalanceTimeoutMs: 5000,
      subscribedTopicNames: ['orders'],
      topicPartitions: [],
    })
  }
}

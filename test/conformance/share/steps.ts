import { alterShareGroupOffsets } from '../../../protocol/messages/alter-share-group-offsets.ts'
import { deleteGroups } from '../../../protocol/messages/delete-groups.ts'
import { deleteShareGroupOffsets } from '../../../protocol/messages/delete-share-group-offsets.ts'
import { describeShareGroupOffsets } from '../../../protocol/messages/describe-share-group-offsets.ts'
import { incrementalAlterConfigs } from '../../../protocol/messages/incremental-alter-configs.ts'
import { listGroups } from '../../../protocol/messages/list-groups.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { shareGroupDescribe } from '../../../protocol/messages/share-group-describe.ts'
import { type BatchInput, encodeBatch } from '../../../protocol/records/encode-batch.ts'
import type { Api, Decoded, Encodable } from '../../../protocol/schema.ts'
import { RawClient } from '../../helpers/raw-client.ts'
import type { Transcript } from '../groups/transcript.ts'
import { Member } from './member.ts'
import { type Peer, pause } from './peer.ts'
import { withoutChance } from './records.ts'

export interface Script {
  readonly name: string
  run(steps: Steps): Promise<void>
}

const GROUP_RESOURCE = 32

/** The words scripts are written in. Each script has a group and a topic of its own, of one partition where not said. */
export class Steps {
  readonly peer: Peer
  readonly groupId: string
  readonly topic: string
  readonly #transcript: Transcript
  readonly #clients: RawClient[] = []
  #members = 0

  constructor(peer: Peer, name: string, transcript: Transcript) {
    this.peer = peer
    this.groupId = `${name}-group`
    this.topic = name
    this.#transcript = transcript
  }

  get topicId(): string {
    return this.peer.topicIds.get(this.topic) as string
  }

  pause(ms: number): Promise<void> {
    return pause(ms)
  }

  note<T>(label: string, answer: T | Promise<T>): Promise<T> {
    return this.#transcript.add(label, answer, withoutChance)
  }

  ask<A extends Api>(
    label: string,
    api: A,
    version: number,
    request: Encodable<A['request']>,
    client: RawClient = this.peer.admin,
  ): Promise<Decoded<A['response']>> {
    return this.note(`${label} (${api.name} v${version})`, client.send(api, version, request))
  }

  /** The script's topic with that many partitions, and the group's configs: it begins at the beginning where not said. */
  async begin(configs: Readonly<Record<string, string>> = {}, partitions = 1): Promise<void> {
    await this.peer.createTopic(this.topic, partitions)
    await this.configure({ 'share.auto.offset.reset': 'earliest', ...configs })
  }

  async configure(configs: Readonly<Record<string, string>>): Promise<void> {
    const entries = Object.entries(configs).map(([name, value]) => ({ name, configOperation: 0, value }))
    const resource = { resourceType: GROUP_RESOURCE, resourceName: this.groupId, configs: entries }
    const { responses } = await this.peer.admin.send(incrementalAlterConfigs, 1, { resources: [resource] })
    if (responses[0]?.errorCode !== 0) throw new Error(`configs: ${responses[0]?.errorMessage}`)
    // What Kafka's controller has written its broker reads a moment later.
    await pause(150)
  }

  /** A member of the group with a connection of its own, which has not joined. */
  async member(): Promise<Member> {
    const number = ++this.#members
    const id = Buffer.alloc(16, 64 + number).toString('base64url')
    await this.note(`member ${number}`, { memberId: id })
    return new Member(this, `member ${number}`, id, await this.connect())
  }

  /** A member that has joined and been given partitions. */
  async joined(...topics: string[]): Promise<Member> {
    const member = await this.member()
    await member.join(topics.length > 0 ? topics : [this.topic])
    return member
  }

  /** Waits until the states of so many partitions have been set up, which Kafka does in its own time. */
  setUp(count: number): Promise<void> {
    return this.peer.until(`states of ${count} partitions`, async () => {
      const request = { groups: [{ groupId: this.groupId, topics: null }] }
      const { groups } = await this.peer.admin.send(describeShareGroupOffsets, 1, request)
      const all = (groups[0]?.topics ?? []).flatMap(({ partitions }) => partitions)
      return all.length === count
    })
  }

  async connect(): Promise<RawClient> {
    const client = await RawClient.connect(this.peer.address, 'member')
    this.#clients.push(client)
    return client
  }

  /** Appends so many records as one batch, and tells where it lies. */
  async produce(count: number, partition = 0, batch: Partial<BatchInput> = {}): Promise<number> {
    const value = Buffer.from('value')
    const records = Array.from({ length: count }, () => ({ timestamp: Date.now(), key: null, value }))
    const { responses } = await this.peer.admin.send(produce, 9, {
      acks: -1,
      timeoutMs: 10_000,
      transactionalId: null,
      topicData: [
        {
          name: this.topic,
          partitionData: [{ index: partition, records: encodeBatch({ records, ...batch }) }],
        },
      ],
    })
    const answer = responses[0]?.partitionResponses[0]
    if (answer?.errorCode !== 0) throw new Error(`produce: ${answer?.errorCode}`)
    return Number(answer.baseOffset)
  }

  describe(label: string, ...groupIds: string[]) {
    const ids = groupIds.length > 0 ? groupIds : [this.groupId]
    return this.ask(label, shareGroupDescribe, 1, { groupIds: ids, includeAuthorizedOperations: true })
  }

  /** This script's group as ListGroups shows it. */
  async list(label: string): Promise<void> {
    const { groups, ...rest } = await this.peer.admin.send(listGroups, 5, {})
    await this.note(label, { ...rest, groups: groups.filter(({ groupId }) => groupId === this.groupId) })
  }

  delete(label: string) {
    return this.ask(label, deleteGroups, 2, { groupsNames: [this.groupId] })
  }

  offsets(label: string, topics: { topicName: string; partitions: number[] }[] | null = null, version = 1) {
    return this.ask(label, describeShareGroupOffsets, version, {
      groups: [{ groupId: this.groupId, topics }],
    })
  }

  /** Sets the script's topic's partitions to begin there. */
  alter(label: string, startOffsets: Readonly<Record<number, number>>, topicName = this.topic) {
    const partitions = Object.entries(startOffsets).map(([index, startOffset]) => {
      return { partitionIndex: Number(index), startOffset }
    })
    const request = { groupId: this.groupId, topics: [{ topicName, partitions }] }
    return this.ask(label, alterShareGroupOffsets, 0, request)
  }

  forget(label: string, ...topicNames: string[]) {
    const topics = topicNames.map((topicName) => ({ topicName }))
    return this.ask(label, deleteShareGroupOffsets, 0, { groupId: this.groupId, topics })
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()))
  }
}

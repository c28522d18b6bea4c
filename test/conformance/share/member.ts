import { shareAcknowledge } from '../../../protocol/messages/share-acknowledge.ts'
import { shareFetch } from '../../../protocol/messages/share-fetch.ts'
import { shareGroupHeartbeat } from '../../../protocol/messages/share-group-heartbeat.ts'
import type { Decoded, Encodable } from '../../../protocol/schema.ts'
import type { RawClient } from '../../helpers/raw-client.ts'
import { pause } from './peer.ts'
import type { Steps } from './steps.ts'

type Beat = Encodable<(typeof shareGroupHeartbeat)['request']>
type Beaten = Decoded<(typeof shareGroupHeartbeat)['response']>
type Fetch = Encodable<(typeof shareFetch)['request']>
type Acknowledge = Encodable<(typeof shareAcknowledge)['request']>

/** First and last offset, and what is said of them: one type for all or one for each. */
export type Says = readonly [first: number, last: number, ...types: number[]]

export const [GAP, ACCEPT, RELEASE, REJECT, RENEW] = [0, 1, 2, 3, 4] as const

const TRIES = 200
const FIRST_WAIT_MS = 5000

/** A member of the script's group. It counts the epochs of its heartbeats and of its share session by itself. */
export class Member {
  readonly name: string
  readonly memberId: string
  client: RawClient
  epoch = 0
  sessionEpoch = 0
  readonly #steps: Steps

  constructor(steps: Steps, name: string, memberId: string, client: RawClient) {
    this.#steps = steps
    this.name = name
    this.memberId = memberId
    this.client = client
  }

  async #beat(request: Beat): Promise<Beaten> {
    const { memberId, epoch: memberEpoch } = this
    const own = { groupId: this.#steps.groupId, memberId, memberEpoch }
    const answer = await this.client.send(shareGroupHeartbeat, 1, { ...own, ...request })
    if (answer.errorCode === 0 && request.memberId === undefined) this.epoch = answer.memberEpoch
    return answer
  }

  beat(label: string, request: Beat = {}): Promise<Beaten> {
    return this.#steps.note(`${this.name} ${label} (ShareGroupHeartbeat)`, this.#beat(request))
  }

  /** Joins, and heartbeats on until it is given something: Kafka sets the states up in its own time. */
  async join(subscribedTopicNames: readonly string[]): Promise<void> {
    let answer = await this.#beat({ memberEpoch: 0, subscribedTopicNames: [...subscribedTopicNames] })
    for (let tries = 0; tries < TRIES && !answer.assignment?.topicPartitions.length; tries++) {
      if (answer.errorCode !== 0) throw new Error(`${this.name} could not join: ${answer.errorCode}`)
      await pause(25)
      answer = await this.#beat({ subscribedTopicNames: [...subscribedTopicNames] })
    }
    if (!answer.assignment?.topicPartitions.length) throw new Error(`${this.name} was given nothing`)
  }

  /** What is said of partition 0 of the script's topic, as requests have it. */
  said(...says: Says[]) {
    const acknowledgementBatches = says.map(([firstOffset, lastOffset, ...acknowledgeTypes]) => {
      return { firstOffset, lastOffset, acknowledgeTypes }
    })
    return [{ topicId: this.#steps.topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches }] }]
  }

  async #fetch(request: Fetch, version: number) {
    const { memberId, sessionEpoch: shareSessionEpoch } = this
    const isFirst = (request.shareSessionEpoch ?? shareSessionEpoch) === 0
    const answer = await this.client.send(shareFetch, version, {
      groupId: this.#steps.groupId,
      memberId,
      shareSessionEpoch,
      // Kafka reads back what it has kept of the partition before it answers.
      maxWaitMs: isFirst ? FIRST_WAIT_MS : 300,
      minBytes: 1,
      maxBytes: 1_000_000,
      maxRecords: 500,
      batchSize: 500,
      topics: isFirst ? this.said() : [],
      ...request,
    })
    if (answer.errorCode === 0 && request.shareSessionEpoch === undefined) this.sessionEpoch++
    return answer
  }

  /** Fetches the script's topic's first partition in the session, which it begins where there is none. */
  fetch(label: string, request: Fetch = {}, version = 2) {
    return this.#steps.note(`${this.name} ${label} (ShareFetch v${version})`, this.#fetch(request, version))
  }

  /** Begins a session before there are records, which makes the group's start where nothing has been read. */
  async open(topics = this.said()): Promise<void> {
    await this.#fetch({ maxWaitMs: 500, topics }, 2)
  }

  acknowledge(label: string, says: readonly Says[], request: Acknowledge = {}, version = 2) {
    return this.#steps.note(
      `${this.name} ${label} (ShareAcknowledge v${version})`,
      this.#acknowledge(says, request, version),
    )
  }

  async #acknowledge(says: readonly Says[], request: Acknowledge, version: number) {
    const { memberId, sessionEpoch: shareSessionEpoch } = this
    const answer = await this.client.send(shareAcknowledge, version, {
      groupId: this.#steps.groupId,
      memberId,
      shareSessionEpoch,
      topics: this.said(...says),
      ...request,
    })
    if (answer.errorCode === 0 && request.shareSessionEpoch === undefined) this.sessionEpoch++
    return answer
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { createPartitions } from '../../../protocol/messages/create-partitions.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { deleteTopics } from '../../../protocol/messages/delete-topics.ts'
import { describeCluster } from '../../../protocol/messages/describe-cluster.ts'
import { describeConfigs } from '../../../protocol/messages/describe-configs.ts'
import { fetch } from '../../../protocol/messages/fetch.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { incrementalAlterConfigs } from '../../../protocol/messages/incremental-alter-configs.ts'
import { listGroups } from '../../../protocol/messages/list-groups.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import type { Api, Encodable } from '../../../protocol/schema.ts'
import { requestBytes } from '../../helpers/network.ts'
import { ConnectionClosed, RawClient } from '../../helpers/raw-client.ts'
import { QuotaSetter } from './quota-setter.ts'

/*
 * What becomes of clients that use up a quota. Times are told in words, with room for a machine that has much else to do: a wait is
 * never compared with more precision than its own arithmetic has, where time passes between two requests.
 */

const TOPIC = 'throttled'
const BATCH_BYTES = 6_000
const BATCHES = 10

function batch(size: number): Buffer {
  return encodeBatch({ records: [{ timestamp: 0, value: Buffer.alloc(size) }] })
}

function records(size: number, acks = -1) {
  return {
    acks,
    timeoutMs: 10_000,
    topicData: [{ name: TOPIC, partitionData: [{ index: 0, records: batch(size) }] }],
  }
}

/** One part of the scenario: a client of its own, and what was seen. */
class Part implements AsyncDisposable {
  readonly name: string
  readonly #address: string
  readonly #lines: string[] = []
  readonly #clients: RawClient[] = []

  constructor(name: string, address: string) {
    this.name = name
    this.#address = address
  }

  async connect(): Promise<RawClient> {
    const client = await RawClient.connect(this.#address, this.name)
    this.#clients.push(client)
    return client
  }

  say(text: string): void {
    this.#lines.push(`${this.name}: ${text}`)
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  /** In words: `0`, `3000-5500`, or the number itself where it is none that was expected. */
  wait(what: string, ms: number, least: number, most: number): void {
    this.say(`${what} waits ${ms >= least && ms <= most ? `${least}-${most}` : ms}`)
  }

  /** Whether whatever is asked next has no answer for a while. */
  async isHeld(client: RawClient, forMs: number): Promise<void> {
    const answered = client.send(metadata, 12, {}).then(
      () => 'answered',
      () => 'closed',
    )
    this.say(`the next request is ${await Promise.race([answered, sleep(forMs, 'held')])}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.close()
  }
}

type Play = (part: Part) => Promise<void>

const plays: Readonly<Record<string, { quotas: Readonly<Record<string, number>>; play: Play }>> = {
  producer: {
    quotas: { producer_byte_rate: 10_000 },
    async play(part) {
      const client = await part.connect()
      part.wait('the first', (await client.send(produce, 9, records(90_000))).throttleTimeMs, 0, 0)
      const begin = performance.now()
      const { throttleTimeMs, responses } = await client.send(produce, 9, records(60_000))
      const isAtOnce = performance.now() - begin < throttleTimeMs
      part.wait('the second', throttleTimeMs, 3_900, 5_100)
      const { errorCode, baseOffset } = responses[0]?.partitionResponses[0] ?? {}
      part.say(`${errorCode} ${(baseOffset ?? -1) >= 0} at once: ${isAtOnce}`)
      const other = await part.connect()
      await other.send(metadata, 12, {})
      await client.send(metadata, 12, {})
      part.say(`the next waits as long as it was said: ${performance.now() - begin >= throttleTimeMs}`)
    },
  },
  'producer of batches that nobody acknowledges': {
    quotas: { producer_byte_rate: 10_000 },
    async play(part) {
      const client = await part.connect()
      const begin = performance.now()
      const unanswered = requestBytes(produce, 9, records(150_000, 0), { clientId: part.name })
      await client.sendBytes(Buffer.concat([unanswered, requestBytes(metadata, 12, {})]))
      part.say(`the next request waits: ${performance.now() - begin >= 3_900}`)
    },
  },
  consumer: {
    quotas: { consumer_byte_rate: 10_000 },
    async play(part) {
      const client = await part.connect()
      const body = await reading(client, 2 ** 20)
      const first = await client.send(fetch, 13, body)
      part.say(`${first.throttleTimeMs} ${first.responses.length} ${sizeOf(first)}`)
      const second = await client.send(fetch, 13, body)
      part.wait('the second', second.throttleTimeMs, 900, 2_200)
      part.say(`${second.errorCode} ${second.sessionId} ${JSON.stringify(second.responses)}`)
      await part.isHeld(client, second.throttleTimeMs - 700)
      const fresh = await part.connect()
      const third = await fresh.send(fetch, 13, { ...body, sessionEpoch: 0 })
      part.say(`a session: ${third.throttleTimeMs > 0} ${third.errorCode} ${third.sessionId}`)
    },
  },
  'consumer of more than a window': {
    quotas: { consumer_byte_rate: 1_000 },
    async play(part) {
      const client = await part.connect()
      const body = await reading(client, 2 ** 20)
      const first = await client.send(fetch, 13, body)
      part.wait('the first', first.throttleTimeMs, 1, 500)
      const second = await client.send(fetch, 13, body)
      part.say(`${second.throttleTimeMs} ${sizeOf(second)}`)
      const followed = await (await part.connect()).send(fetch, 13, { ...body, replicaId: 1 })
      part.say(`a follower: ${followed.throttleTimeMs} ${sizeOf(followed) > 0}`)
    },
  },
  'consumer in a session': {
    quotas: { consumer_byte_rate: 10_000 },
    async play(part) {
      const client = await part.connect()
      const body = await reading(client, 2 ** 20)
      const first = await client.send(fetch, 13, { ...body, sessionEpoch: 0 })
      const { sessionId } = first
      part.say(`${sessionId !== 0} ${sizeOf(first)}`)
      const other = await part.connect()
      const next = { ...body, sessionId }
      const second = await other.send(fetch, 13, { ...next, sessionEpoch: 1 })
      part.say(`${second.throttleTimeMs > 0} ${second.errorCode} ${second.sessionId === sessionId}`)
      const third = await client.send(fetch, 13, { ...next, sessionEpoch: 1 })
      part.say(`of an epoch that was: ${third.throttleTimeMs} ${third.errorCode} ${third.sessionId}`)
      const fourth = await client.send(fetch, 13, { ...next, sessionId: 77, sessionEpoch: 1 })
      part.say(`of none: ${fourth.throttleTimeMs} ${fourth.errorCode} ${fourth.sessionId}`)
    },
  },
  'maker of topics': {
    quotas: { controller_mutation_rate: 1 },
    async play(part) {
      const client = await part.connect()
      await create(part, client, 7, ['new-a'], 30)
      const began = await create(part, client, 7, ['new-b'], 1)
      part.wait('that', began, 9_000, 19_100)
      await part.isHeld(client, 1_000)
      part.wait('another', await create(part, await part.connect(), 6, ['new-b'], 1), 5_000, 19_100)
      part.wait('an older one', await create(part, await part.connect(), 5, ['new-b'], 1), 5_000, 20_100)
    },
  },
  'maker of topics that need not be': {
    quotas: { controller_mutation_rate: 1 },
    async play(part) {
      const client = await part.connect()
      await create(part, client, 7, [TOPIC, '?'], 50)
      await create(part, client, 7, ['never'], 50, true)
      await create(part, client, 7, ['never'], 50, true)
      const next = await part.connect()
      const named = { topics: [{ name: 'auto' }], allowAutoTopicCreation: true }
      part.say(`named: ${(await next.send(metadata, 12, named)).topics[0]?.errorCode}`)
      await sleep(500)
      part.say(`and then: ${(await next.send(metadata, 12, named)).topics[0]?.errorCode}`)
    },
  },
  'maker of partitions': {
    quotas: { controller_mutation_rate: 1 },
    async play(part) {
      const client = await part.connect()
      const grow = async (version: number, count: number) => {
        const body = { topics: [{ name: 'growing', count, assignments: null }], timeoutMs: 10_000 }
        const { throttleTimeMs, results } = await client.send(createPartitions, version, {
          ...body,
          validateOnly: false,
        })
        part.say(`v${version} ${count} ${JSON.stringify(results)}`)
        return throttleTimeMs
      }
      part.wait('20', await grow(3, 21), 0, 0)
      part.wait('none', await grow(3, 21), 0, 0)
      part.wait('1', await grow(3, 22), 3_000, 9_100)
    },
  },
  'maker of partitions of old': {
    quotas: { controller_mutation_rate: 1 },
    async play(part) {
      const client = await part.connect()
      const body = { topics: [{ name: 'growing-too', count: 21, assignments: null }], timeoutMs: 10_000 }
      const answer = await client.send(createPartitions, 2, { ...body, validateOnly: false })
      part.wait('20', answer.throttleTimeMs, 3_000, 9_100)
      part.say(JSON.stringify(answer.results))
    },
  },
  'deleter of topics': {
    quotas: { controller_mutation_rate: 1 },
    async play(part) {
      const remove = async (client: RawClient, version: number, name: string) => {
        const body = version < 6 ? { topicNames: [name] } : { topics: [{ name }] }
        const answer = await client.send(deleteTopics, version, { ...body, timeoutMs: 10_000 })
        const told = answer.responses.map(({ name, errorCode, errorMessage }) => [
          name,
          errorCode,
          errorMessage,
        ])
        part.say(`v${version} ${JSON.stringify(told)}`)
        return answer.throttleTimeMs
      }
      const client = await part.connect()
      part.wait('30', await remove(client, 6, 'doomed-a'), 0, 0)
      part.wait('another', await remove(client, 6, 'doomed-b'), 9_000, 19_100)
      part.wait('by name', await remove(await part.connect(), 5, 'doomed-b'), 5_000, 19_100)
      part.wait('of old', await remove(await part.connect(), 4, 'doomed-b'), 5_000, 20_100)
    },
  },
  'busy client': {
    // So little that each request is too much; nobody waits for longer than a window.
    quotas: { request_percentage: 1e-7 },
    async play(part) {
      const ask = async <A extends Api>(api: A, version: number, body: Encodable<A['request']>) => {
        const answer = (await (await part.connect()).send(api, version, body)) as { throttleTimeMs?: number }
        part.say(`${api.name} v${version} waits ${answer.throttleTimeMs}`)
      }
      const client = await part.connect()
      const begin = performance.now()
      part.wait('the first', (await client.send(metadata, 12, {})).throttleTimeMs, 1_000, 1_000)
      await client.send(metadata, 12, {})
      part.say(`the second waits for it: ${performance.now() - begin >= 1_000}`)
      const topic = [{ name: 'never', numPartitions: 1, replicationFactor: 1 }]
      await ask(apiVersions, 3, { clientSoftwareName: 'a', clientSoftwareVersion: '1' })
      await ask(describeCluster, 0, {})
      await ask(listGroups, 4, {})
      await ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] })
      await ask(describeConfigs, 4, { resources: [{ resourceType: 2, resourceName: TOPIC }] })
      await ask(createTopics, 7, { topics: topic, validateOnly: true, timeoutMs: 10_000 })
      await ask(produce, 9, records(1))
      const reader = await part.connect()
      const body = await reading(reader, 100)
      const answer = await reader.send(fetch, 13, body)
      part.say(`Fetch: ${answer.throttleTimeMs} ${JSON.stringify(answer.responses)}`)
      const followed = await (await part.connect()).send(fetch, 13, { ...body, replicaId: 1 })
      part.say(`of a follower: ${followed.throttleTimeMs}`)
    },
  },
}

async function create(
  part: Part,
  client: RawClient,
  version: number,
  names: readonly string[],
  numPartitions: number,
  validateOnly = false,
): Promise<number> {
  const topics = names.map((name) => ({ name, numPartitions, replicationFactor: 1 }))
  const answer = await client.send(createTopics, version, { topics, validateOnly, timeoutMs: 10_000 })
  const told = answer.topics.map(({ name, errorCode, errorMessage }) => [name, errorCode, errorMessage])
  part.say(`v${version} ${validateOnly} ${JSON.stringify(told)} waits: ${answer.throttleTimeMs > 0}`)
  return answer.throttleTimeMs
}

async function reading(client: RawClient, maxBytes: number) {
  const { topics } = await client.send(metadata, 12, { topics: [{ name: TOPIC }] })
  const topicId = topics[0]?.topicId as string
  const partition = { partition: 1, fetchOffset: 0, partitionMaxBytes: maxBytes }
  return { maxWaitMs: 0, minBytes: 1, topics: [{ topicId, partitions: [partition] }] }
}

function sizeOf({ responses }: { responses: { partitions: { records: Buffer | null }[] }[] }): number {
  return responses[0]?.partitions[0]?.records?.length ?? 0
}

/** Everybody at once: whoever waits is not waited for by the others. */
export async function throttling(address: string): Promise<string[]> {
  await using administrator = await RawClient.connect(address, 'administrator')
  await prepare(administrator)
  const setter = new QuotaSetter(administrator)
  for (const [name, { quotas }] of Object.entries(plays)) await setter.set({ 'client-id': name }, quotas)
  await setter.settle()
  const parts = await Promise.all(
    Object.entries(plays).map(async ([name, { play }]) => {
      await using part = new Part(name, address)
      await play(part)
      return part.lines
    }),
  )
  await setter.clear()
  return [...parts.flat(), ...(await connections(address, setter))]
}

async function prepare(client: RawClient): Promise<void> {
  const sizes = { [TOPIC]: 2, growing: 1, 'growing-too': 1, 'doomed-a': 30, 'doomed-b': 1 }
  const topics = Object.entries(sizes).map(([name, numPartitions]) => {
    return { name, numPartitions, replicationFactor: 1 }
  })
  await client.send(createTopics, 7, { topics, timeoutMs: 30_000 })
  await client.send(findCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] })
  const partitionData = [{ index: 1, records: batch(BATCH_BYTES) }]
  const body = { acks: -1, timeoutMs: 10_000, topicData: [{ name: TOPIC, partitionData }] }
  for (let sent = 0; sent < BATCHES; ) {
    // The broker may not have heard of the topic yet.
    const answer = await client.send(produce, 9, body)
    if (answer.responses[0]?.partitionResponses[0]?.errorCode === 0) sent++
    else await sleep(20)
  }
}

const BROKER = 4
const [SET, DELETE] = [0, 1]
const MOST = 10
const TRIED = 16

/** More than an address may have in the ten seconds that count: those that are too many are closed, not served later. */
async function connections(address: string, setter: QuotaSetter): Promise<string[]> {
  await setter.set({ ip: '127.0.0.1' }, { connection_creation_rate: 1 })
  await setter.settle()
  const outcomes = await Promise.all(
    Array.from({ length: TRIED }, async () => {
      await using client = await RawClient.connect(address, 'many')
      return await client.send(apiVersions, 0, {}).then(
        () => 'served',
        (error) => (error instanceof ConnectionClosed ? 'closed' : String(error)),
      )
    }),
  )
  const served = outcomes.filter((outcome) => outcome === 'served').length
  const closed = outcomes.filter((outcome) => outcome === 'closed').length
  // On a machine that takes its time, one more.
  const isExpected = served >= MOST && served <= MOST + 2
  await setter.clear()
  return [
    `connections: ${isExpected ? MOST : served} served, the others closed: ${served + closed === TRIED}`,
    ...(await slowListener(address, setter)),
  ]
}

/** More than the broker takes in ten seconds: those that are too many are served later. */
async function slowListener(address: string, setter: QuotaSetter): Promise<string[]> {
  await using administrator = await RawClient.connect(address, 'administrator')
  const clients = await Promise.all(Array.from({ length: TRIED }, () => RawClient.connect(address, 'many')))
  const limit = async (configOperation: number) => {
    const configs = [{ name: 'max.connection.creation.rate', configOperation, value: '1' }]
    const resources = [{ resourceType: BROKER, resourceName: '', configs }]
    await administrator.send(incrementalAlterConfigs, 1, { resources, validateOnly: false })
    await setter.settle()
  }
  await limit(SET)
  const begin = performance.now()
  const late = await RawClient.connect(address, 'late')
  await late.send(apiVersions, 0, {})
  const isLate = performance.now() - begin >= 950
  await limit(DELETE)
  for (const client of [...clients, late]) await client.close()
  return [`connections: one too many is served later: ${isLate}`]
}

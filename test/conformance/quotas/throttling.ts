import { setTimeout as sleep } from 'node:timers/promises'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { describeCluster } from '../../../protocol/messages/describe-cluster.ts'
import { describeConfigs } from '../../../protocol/messages/describe-configs.ts'
import { fetch } from '../../../protocol/messages/fetch.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { incrementalAlterConfigs } from '../../../protocol/messages/incremental-alter-configs.ts'
import { listGroups } from '../../../protocol/messages/list-groups.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import type { Api, Encodable } from '../../../protocol/schema.ts'
import { ConnectionClosed, RawClient } from '../../helpers/raw-client.ts'
import { BYTE_PLAYS } from './byte-plays.ts'
import { BATCH_BYTES, BATCHES, batch, Part, type Play, reading, records, TOPIC } from './part.ts'
import { QuotaSetter } from './quota-setter.ts'
import { SHARE_PLAYS } from './share-plays.ts'
import { TOPIC_PLAYS } from './topic-plays.ts'

/*
 * What becomes of clients that use up a quota. Times are told in words, with room for a machine that has much else to do: a wait is
 * never compared with more precision than its own arithmetic has, where time passes between two requests.
 */

const plays: Readonly<Record<string, Play>> = {
  ...BYTE_PLAYS,
  ...SHARE_PLAYS,
  ...TOPIC_PLAYS,
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

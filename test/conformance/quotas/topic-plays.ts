import { setTimeout as sleep } from 'node:timers/promises'
import { createPartitions } from '../../../protocol/messages/create-partitions.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { deleteTopics } from '../../../protocol/messages/delete-topics.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import type { RawClient } from '../../helpers/raw-client.ts'
import { type Part, type Play, TOPIC } from './part.ts'

/** Of those who have the controller make and delete topics. */
export const TOPIC_PLAYS: Readonly<Record<string, Play>> = {
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

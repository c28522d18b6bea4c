import { fetch } from '../../../protocol/messages/fetch.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { requestBytes } from '../../helpers/network.ts'
import { type Play, reading, records, sizeOf } from './part.ts'

/** Of producers and consumers. */
export const BYTE_PLAYS: Readonly<Record<string, Play>> = {
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
}

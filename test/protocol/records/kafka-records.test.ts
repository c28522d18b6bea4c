import { readFileSync } from 'node:fs'
import t from 'tap'
import { decodeBatch } from '../../../protocol/records/decode-batch.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import { decodeMessageSet, encodeMessageSet } from '../../../protocol/records/message-set.ts'
import { MAX_BYTES } from '../../helpers/records/arbitraries.ts'
import { render } from '../../helpers/records/render.ts'

/** Made by Kafka's own classes: see test/conformance/records/check.ts. */
const FIXTURE = new URL('../../../../fixtures/records/kafka-records.json', import.meta.url)

interface Vector {
  name: string
  bytes: string
  batches: {
    magic: number
    compression: string
    isLogAppendTime: boolean
    maxTimestamp: number
    recordCount?: number
  }[]
}

const vectors = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Vector[]

t.test('what Kafka wrote is read as Kafka reads it', async (t) => {
  const names = new Set(vectors.map((vector) => vector.name.split(' ')[0]))
  for (const name of ['v0', 'v1', 'v2', 'marker', 'leader', 'empty', '2'])
    t.ok(names.has(name), `${name} is among them`)
  for (const { name, bytes, batches } of vectors) t.same(render(Buffer.from(bytes, 'hex')), batches, name)
})

t.test('what is not compressed is written with the same bytes', async (t) => {
  let compared = 0
  for (const { name, bytes, batches } of vectors) {
    const buffer = Buffer.from(bytes, 'hex')
    const [only] = batches
    if (batches.length !== 1 || only === undefined || only.compression !== 'none') continue
    if (only.magic === 2) {
      const { timestampType, maxTimestamp, deleteHorizonMs, ...batch } = decodeBatch(buffer, 0, MAX_BYTES)
      // The timestamps that the records were created with do not show where the append time rules.
      if (timestampType === 'LogAppendTime') continue
      const horizon = deleteHorizonMs === null ? {} : { deleteHorizonMs }
      const input = { ...batch, ...horizon, maxTimestamp, compression: 'none' as const }
      const again = encodeBatch(input)
      t.equal(again.toString('hex'), bytes, name)
    } else {
      const records = decodeMessageSet(buffer, 0, buffer.length, MAX_BYTES)
      const appendTime = only.isLogAppendTime ? { logAppendTime: only.maxTimestamp } : {}
      const again = encodeMessageSet({ magic: only.magic as 0 | 1, records, ...appendTime })
      t.equal(again.toString('hex'), bytes, name)
    }
    compared += 1
  }
  t.ok(compared > 8, `${compared} compared`)
})

import assert from 'node:assert/strict'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import t from 'tap'
import { codecOf } from '../../protocol/codec.ts'
import { ProtocolError } from '../../protocol/error.ts'
import { connectAssignment, connectWorkerState } from '../../protocol/formats/connect-protocol.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { ExactReader, Reader } from '../../protocol/primitives/reader.ts'
import { StringTable } from '../../protocol/primitives/string-table.ts'
import type { Message } from '../../protocol/schema.ts'
import { subjects, versionsOf } from '../helpers/messages/catalogue.ts'
import { checkVector, encoded } from '../helpers/messages/check-vector.ts'
import { readFixtures } from '../helpers/messages/fixtures.ts'
import { damaged, weight } from '../helpers/messages/mutate.ts'
import { valuesOf } from '../helpers/messages/values.ts'
import { plainEnvironment } from '../helpers/plain-environment.ts'

const messages: readonly Message[] = [
  ...subjects.map(({ message }) => message),
  connectWorkerState,
  connectAssignment,
]

t.test("Kafka's own bytes are read and written again, for every version of every message", async (t) => {
  const seen = new Set<string>()
  for (const { message, version, bytes, json } of readFixtures()) {
    seen.add(`${message.name} ${version}`)
    const wrong = checkVector(message, version, bytes, json)
    if (wrong) t.fail(`${message.name} v${version}: ${wrong}`)
  }
  const without = messages.flatMap((message) =>
    versionsOf(message)
      .map((version) => `${message.name} ${version}`)
      .filter((id) => !seen.has(id)),
  )
  t.same(without, [], 'each version has vectors')
})

t.test('what is encoded decodes to the same value', async () => {
  for (const message of messages) {
    for (const version of versionsOf(message)) {
      const codec = codecOf(message, version)
      fc.assert(
        fc.property(valuesOf(message, version), (value) => {
          const reader = new ExactReader(encoded(message, version, value))
          const decoded = codec.decode(reader)
          // Not t.same: thousands of assertions would be printed.
          assert.equal(reader.remaining, 0)
          assert.deepEqual(decoded, value, `${message.name} v${version}`)
        }),
        { numRuns: 5 },
      )
    }
  }
})

t.test('a default that no number holds is rounded, or exact where exactness is asked for', async (t) => {
  const codec = codecOf(fetch.request, 18)
  const bytes = encoded(fetch.request, 18, { topics: [{ partitions: [{ partition: 0 }] }] })
  const highWatermark = (reader: Reader) => codec.decode(reader).topics[0]?.partitions[0]?.highWatermark
  t.equal(highWatermark(new Reader(bytes)), 2 ** 63)
  t.equal(highWatermark(new ExactReader(bytes)), 2n ** 63n - 1n)
  const exact = codec.decode(new ExactReader(bytes))
  t.same(encoded(fetch.request, 18, exact), bytes, 'and is left out again')
})

t.test('damaged bytes yield a value no larger than they are, or the one protocol error', async () => {
  for (const message of messages) {
    for (const version of versionsOf(message)) {
      const codec = codecOf(message, version)
      const bytes = valuesOf(message, version).map((value) => encoded(message, version, value))
      fc.assert(
        fc.property(
          bytes.chain((whole) => damaged(whole)),
          fc.boolean(),
          (broken, interned) => {
            const reader = interned ? new Reader(broken, 0, new StringTable()) : new ExactReader(broken)
            let value: unknown
            try {
              value = codec.decode(reader)
            } catch (error) {
              assert.ok(error instanceof ProtocolError, `${message.name} v${version}: ${error}`)
              return
            }
            assert.ok(reader.remaining >= 0)
            // What is not UTF-8 grows: one byte becomes U+FFFD, which takes three.
            assert.ok(weight(value) <= 3 * broken.length)
          },
        ),
        { numRuns: 5 },
      )
    }
  }
})

t.test('a length that promises too much allocates nothing', async (t) => {
  const worker = new Worker(new URL('../helpers/messages/length-bombs.js', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 8 },
    execArgv: [],
    env: plainEnvironment(),
  })
  const tried = await new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  await worker.terminate()
  t.ok(Number(tried) > 100_000, `${tried} lengths tried, in a heap of 48 MB`)
})

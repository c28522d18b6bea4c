import assert from 'node:assert/strict'
import { parentPort } from 'node:worker_threads'
import fc from 'fast-check'
import { codecOf } from '../../../protocol/codec.ts'
import { ProtocolError } from '../../../protocol/error.ts'
import { Reader } from '../../../protocol/primitives/reader.ts'
import { subjects, versionsOf } from './catalogue.ts'
import { encoded } from './check-vector.ts'
import { LENGTH_BOMBS, written } from './mutate.ts'
import { valuesOf } from './values.ts'

/**
 * Runs in a worker with a small heap: writes each too large length at each place of a frame of each message and decodes
 * it. A decoder that allocated what a length promises would end the worker.
 */
const SEED = 1
/** Offsets tried per frame. */
const PLACES = 40

let tried = 0
for (const { message } of subjects) {
  for (const version of versionsOf(message)) {
    const codec = codecOf(message, version)
    const [value] = fc.sample(valuesOf(message, version), { seed: SEED, numRuns: 1 })
    const bytes = encoded(message, version, value)
    const step = Math.max(1, Math.floor(bytes.length / PLACES))
    for (let at = 0; at < bytes.length; at += step) {
      for (const bomb of LENGTH_BOMBS) {
        tried++
        try {
          codec.decode(new Reader(written(bytes, at, bomb)))
        } catch (error) {
          assert.ok(error instanceof ProtocolError, `${message.name} v${version}: ${error}`)
        }
      }
    }
  }
}
const { arrayBuffers } = process.memoryUsage()
assert.ok(arrayBuffers < 64 * 1024 * 1024, `${arrayBuffers} bytes of buffers`)
parentPort?.postMessage(tried)

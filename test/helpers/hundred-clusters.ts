// Run on its own: starts and stops clusters one after the other, each used a little, and prints what is left of them.
// It must end by itself: a handle or timer left behind would keep it alive.
import { Cluster } from '../../lib/index.ts'
import { metadata } from '../../protocol/messages/metadata.ts'
import { RawClient } from './raw-client.ts'

const CLUSTERS = 100

async function one(): Promise<void> {
  await using cluster = await Cluster.start({ brokers: 2, topics: [{ name: 'orders', partitions: 3 }] })
  await using client = await RawClient.connect(cluster.bootstrapServers)
  const { topics } = await client.send(metadata, 12, { topics: null })
  if (topics.length !== 1) throw new Error(`one topic is expected, got ${topics.length}`)
}

function heapUsed(): number {
  for (let i = 0; i < 3; i++) global.gc?.()
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
}

// The first clusters compile code and fill tables that stay for the process.
for (let i = 0; i < 10; i++) await one()
const before = heapUsed()
for (let i = 0; i < CLUSTERS; i++) await one()
// Handles are let go of in the turn after they are closed.
for (let i = 0; i < 3; i++) await new Promise(setImmediate)
const after = heapUsed()
const resources = process
  .getActiveResourcesInfo()
  .filter((name) => !/PipeWrap|TTYWrap|FSReqPromise/.test(name))
console.log(JSON.stringify({ clusters: CLUSTERS, grown: after - before, resources }))

// Fetch of 1 MB responses: what it costs to send stored bytes, beside a server that only sends.
import type { Report } from './harness/report.ts'
import { compareFlows } from './load/compare.ts'
import { FrameClient } from './load/frame-client.ts'
import { bare, josephk, josephkOnDirectory, kafka, kfake, mock, type RunningServer } from './load/servers.ts'
import { batchOf, fetchRequest, makeTopic, once, produceRequest } from './load/wire.ts'

const MEGABYTE = 1024 * 1024
const SIZES = [
  { name: '16 KB', batchBytes: 14 * 1024 },
  { name: '1 MB', batchBytes: 960 * 1024 },
]

async function fill(server: RunningServer, batchBytes: number): Promise<void> {
  await makeTopic(server)
  const batch = batchOf(batchBytes)
  for (let stored = 0; stored < 2 * MEGABYTE; stored += batch.length) {
    await once(server, produceRequest(batch))
  }
  const got = await once(server, fetchRequest(MEGABYTE))
  if (got.length < 0.9 * MEGABYTE) throw new Error(`it answers with ${got.length} bytes only`)
}

export async function bench(report: Report): Promise<void> {
  const request = fetchRequest(MEGABYTE)
  const ceiling = bare(MEGABYTE)
  for (const { name, batchBytes } of SIZES) {
    await compareFlows(report, {
      title: `Fetch of 1 MB, stored in batches of ${name}, 2 connections with 1 request in flight`,
      team: [ceiling, josephk],
      others: [josephkOnDirectory, kafka, kfake, mock],
      prepare: (server) => (server.name === ceiling.name ? Promise.resolve() : fill(server, batchBytes)),
      connect: (server) => FrameClient.connect(server, request, { connections: 2, inFlight: 1 }),
      bytes: ({ bytesReceivedPerRequest }) => bytesReceivedPerRequest,
      goals: [{ server: josephk, beside: ceiling, throughput: 0.9, cpu: 1.2 }],
    })
  }
}

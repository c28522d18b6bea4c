// Produce of 1 MB requests: what it costs to take bytes in, beside a server that only receives.
import type { Report } from './harness/report.ts'
import { compareFlows } from './load/compare.ts'
import { FrameClient } from './load/frame-client.ts'
import { bare, josephk, kafka, kfake, mock } from './load/servers.ts'
import { batchOf, makeTopic, once, produceRequest } from './load/wire.ts'

const MEGABYTE = 1024 * 1024
const ANSWER_BYTES = 50

export async function bench(report: Report): Promise<void> {
  const request = produceRequest(batchOf(MEGABYTE - 64 * 1024))
  await compareFlows(report, {
    title: 'Produce of 1 MB (one batch, no compression, acks=all), 2 connections with 1 request in flight',
    kinds: [bare(ANSWER_BYTES), josephk, kafka, kfake, mock],
    async prepare(server) {
      if (server.name === 'bare sockets') return
      await makeTopic(server)
      await once(server, request)
    },
    connect: (server) => FrameClient.connect(server, request, { connections: 2, inFlight: 1 }),
    bytes: ({ bytesSent }) => bytesSent,
    goals: { cpu: 1.3 },
  })
}

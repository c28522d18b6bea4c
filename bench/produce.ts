// Produce of 1 MB requests: what it costs to take bytes in, beside a server that only receives.
import { crc32c } from '../protocol/records/crc32c.ts'
import type { Report } from './harness/report.ts'
import { time } from './harness.ts'
import { compareFlows } from './load/compare.ts'
import { FrameClient } from './load/frame-client.ts'
import { bare, josephk, josephkWith, kafka, kfake, mock } from './load/servers.ts'
import { batchOf, makeTopic, once, produceRequest } from './load/wire.ts'

const MEGABYTE = 1024 * 1024
const ANSWER_BYTES = 50

/** Where retention sets memory free, it is used again, and the system need not clear fresh memory for what comes. */
const RETAINING = {
  ...josephkWith(
    ...[
      'log.segment.bytes=16777216',
      'log.retention.bytes=67108864',
      'log.retention.check.interval.ms=20',
      'log.initial.task.delay.ms=20',
      'log.segment.delete.delay.ms=0',
    ].flatMap((setting) => ['--set', setting]),
  ),
  name: 'josephk that keeps 64 MB',
}

export async function bench(report: Report): Promise<void> {
  const batch = batchOf(MEGABYTE - 64 * 1024)
  const request = produceRequest(batch)
  const checksum = await time(() => crc32c(batch))
  await compareFlows(report, {
    title: 'Produce of 1 MB (one batch, no compression, acks=all), 2 connections with 1 request in flight',
    ceiling: bare(ANSWER_BYTES),
    ours: josephk,
    others: [RETAINING, kafka, kfake, mock],
    held: [RETAINING],
    async prepare(server) {
      if (server.name === 'bare sockets') return
      await makeTopic(server)
      await once(server, request)
    },
    connect: (server) => FrameClient.connect(server, request, { connections: 2, inFlight: 1 }),
    bytes: ({ bytesSentPerRequest }) => bytesSentPerRequest,
    goals: { cpu: 1.3 },
    // Nanoseconds for a byte are seconds for a GB.
    apart: { what: 'the checksum', cpuSecondsPerGigabyte: checksum.min / batch.length },
  })
}

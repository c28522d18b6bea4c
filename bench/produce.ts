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

const KEPT_BYTES = 64 * MEGABYTE

/** The best one, the best that keeps something, and the best that keeps everything. */
const BARE = bare(ANSWER_BYTES)
const BARE_KEEPING = bare(ANSWER_BYTES, { keepsBytes: KEPT_BYTES })
const BARE_FRESH = bare(ANSWER_BYTES, 'fresh')

/** Where retention sets memory free, it is used again, and the system need not clear fresh memory for what comes. */
const RETAINING = {
  ...josephkWith(
    ...[
      'log.segment.bytes=16777216',
      `log.retention.bytes=${KEPT_BYTES}`,
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
    team: [BARE, BARE_KEEPING, RETAINING, BARE_FRESH, josephk],
    others: [kafka, kfake, mock],
    async prepare(server) {
      if ([BARE, BARE_KEEPING, BARE_FRESH].some(({ name }) => server.name === name)) return
      await makeTopic(server)
      await once(server, request)
    },
    connect: (server) => FrameClient.connect(server, request, { connections: 2, inFlight: 1 }),
    bytes: ({ bytesSentPerRequest }) => bytesSentPerRequest,
    goals: [
      { server: josephk, beside: BARE, cpu: 1.3 },
      { server: RETAINING, beside: BARE, cpu: 1.3 },
      { server: RETAINING, beside: BARE_KEEPING, cpu: 1.3 },
      { server: josephk, beside: BARE_FRESH, cpu: 1.3 },
    ],
    // Nanoseconds for a byte are seconds for a GB.
    apart: { what: 'the checksum', cpuSecondsPerGigabyte: checksum.min / batch.length },
  })
}

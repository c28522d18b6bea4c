import { deepEqual, equal, match } from 'node:assert/strict'
import { linesOf, type Tools } from './tool.ts'

const RECORDS = 100_000
const BYTES = 500

/** kafka-producer-perf-test, then kafka-consumer-perf-test on what it sent. */
export async function performanceTools(tools: Tools, prefix: string): Promise<void> {
  const topic = `${prefix}-topic`
  await tools.run('kafka-topics', '--create', '--topic', topic, '--partitions', '3')
  const output = await tools.run(
    'kafka-producer-perf-test',
    ...[
      '--topic',
      topic,
      '--num-records',
      String(RECORDS),
      '--record-size',
      String(BYTES),
      '--throughput',
      '-1',
    ],
    ...['--command-property', 'compression.type=lz4', 'acks=all'],
  )
  match(linesOf(output).at(-1) as string, new RegExp(`^${RECORDS} records sent, \\d.* avg latency`))
  const ends = linesOf(await tools.run('kafka-get-offsets', '--topic', topic))
  equal(
    ends.reduce((sum, line) => sum + Number(line.split(':')[2]), 0),
    RECORDS,
  )
  const [names, values] = linesOf(
    await tools.run('kafka-consumer-perf-test', '--topic', topic, '--num-records', String(RECORDS)),
  ).map((line) => line.split(', '))
  deepEqual(names?.slice(2, 5), ['data.consumed.in.MB', 'MB.sec', 'data.consumed.in.nMsg'])
  equal(Number(values?.[4]), RECORDS)
  equal(Math.round(Number(values?.[2])), Math.round((RECORDS * BYTES) / 1024 ** 2))
}

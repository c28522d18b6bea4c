import { deepEqual, match } from 'node:assert/strict'
import { linesOf, type Tools } from './tool.ts'

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** kafka-console-producer with each compression, kafka-console-consumer alone and in a group. */
export async function consoleTools(tools: Tools, prefix: string): Promise<void> {
  const topic = `${prefix}-lines`
  await tools.run('kafka-topics', '--create', '--topic', topic, '--partitions', '2')
  const reader = ['parse.key=true', 'parse.headers=true', 'null.marker=NULL']
  const readerOptions = reader.flatMap((property) => ['--reader-property', property])
  const started = Date.now()
  for (const codec of CODECS) {
    const input = `codec:${codec},mark:a\t${codec}-key\tvalue of ${codec} é\ncodec:${codec}\tNULL\tsecond of ${codec}\n`
    const options = ['--compression-codec', codec, ...readerOptions]
    await tools.feed(input, 'kafka-console-producer', '--topic', topic, ...options)
  }
  const sent = CODECS.flatMap((codec) => [
    `codec:${codec},mark:a\t${codec}-key\tvalue of ${codec} é`,
    `codec:${codec}\tnull\tsecond of ${codec}`,
  ])

  const printed = ['print.key=true', 'print.headers=true', 'print.timestamp=true', 'print.partition=true']
  const output = await tools.run(
    'kafka-console-consumer',
    ...['--topic', topic, '--from-beginning', '--max-messages', String(sent.length)],
    ...printed.flatMap((property) => ['--formatter-property', property]),
  )
  const got = linesOf(output).map((line) => {
    const [, timestamp, partition, rest] = /^CreateTime:(\d+)\tPartition:([01])\t(.*)$/.exec(line) ?? []
    if (partition === undefined || Number(timestamp) < started || Number(timestamp) > Date.now()) {
      throw new Error(`an unexpected line: ${line}`)
    }
    return rest
  })
  deepEqual(got.sort(), sent.sort())

  const values = sent.map((line) => line.split('\t')[2])
  const group = ['--topic', topic, '--group', `${prefix}-group`, '--from-beginning', '--timeout-ms', '5000']
  deepEqual(linesOf(await tools.run('kafka-console-consumer', ...group)).sort(), values.sort())
  // The group has committed: only what is new is left for it.
  await tools.feed('later\n', 'kafka-console-producer', '--topic', topic)
  deepEqual(linesOf(await tools.run('kafka-console-consumer', ...group, '--max-messages', '1')), ['later'])

  const one = ['--topic', topic, '--partition', '0', '--offset', '0', '--max-messages', '1']
  match(
    await tools.run('kafka-console-consumer', ...one, '--formatter-property', 'print.offset=true'),
    /^Offset:0\t/,
  )
}

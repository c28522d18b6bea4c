import { deepEqual, equal, match } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { killGroup, start } from '../../process.ts'
import { linesOf, type Tools } from './tool.ts'

/** What a group has in one partition, as the tool shows it. */
interface Shown {
  /** The one that is kept can be behind what has been done with. */
  readonly start: string
  readonly lag: string
}

/**
 * kafka-share-groups: list, describe (offsets, members, state), reset-offsets, delete-offsets, delete, and what it
 * refuses; the members are kafka-console-share-consumer's.
 */
export async function shareGroups(tools: Tools, prefix: string): Promise<void> {
  const run = (...args: string[]) => tools.run('kafka-share-groups', ...args)
  const topic = `${prefix}-topic`
  const group = `${prefix}-group`
  const ofGroup = ['--group', group]
  await tools.run('kafka-topics', '--create', '--topic', topic, '--partitions', '2')
  const earliest = ['--entity-type', 'groups', '--entity-name', group]
  await tools.run('kafka-configs', ...earliest, '--alter', '--add-config', 'share.auto.offset.reset=earliest')
  const lines = Array.from({ length: 20 }, (_, i) => `${i}\tvalue ${i}\n`).join('')
  await tools.feed(lines, 'kafka-console-producer', '--topic', topic, '--reader-property', 'parse.key=true')
  const ends = await endOffsets(tools, topic)
  const reset = ['--reset-offsets', ...ofGroup, '--topic', topic]

  await withMember(tools, topic, group, ends[0] + ends[1], async () => {
    match(
      await run('--describe', ...ofGroup, '--state'),
      new RegExp(`^${group}\\s+\\S+\\s+\\(\\d+\\)\\s+Stable\\s+1\\s*$`, 'm'),
    )
    match(
      await run('--describe', ...ofGroup, '--members'),
      new RegExp(`^${group}\\s.*\\s${topic}:0,1\\s*$`, 'm'),
    )
    match(await run('--list', '--state'), new RegExp(`^${group}\\s+Stable\\s*$`, 'm'))
    await tools.refused(/is not empty/, 'kafka-share-groups', ...reset, '--to-earliest', '--execute')
    match(await run('--delete', ...ofGroup), /is not EMPTY|not empty/i)
  })

  equal(linesOf(await run('--list')).filter((line) => line.trim() === group).length, 1)
  match(await run('--describe', ...ofGroup, '--state'), /\sEmpty\s+0\s*$/m)
  const read = await shown(tools, group)
  deepEqual(
    read.map(({ lag }) => lag),
    ['0', '0'],
  )

  await run(...reset, '--to-earliest', '--dry-run')
  deepEqual(await shown(tools, group), read)
  await run(...reset, '--to-earliest', '--execute')
  deepEqual(
    await shown(tools, group),
    ends.map((end) => ({ start: '0', lag: String(end) })),
  )
  await run(...reset, '--to-latest', '--execute')
  deepEqual(
    await shown(tools, group),
    ends.map((end) => ({ start: String(end), lag: '0' })),
  )
  await run(...reset, '--to-datetime', '2020-01-01T00:00:00.000', '--execute')
  deepEqual(
    await shown(tools, group),
    ends.map((end) => ({ start: '0', lag: String(end) })),
  )

  match(await run('--delete-offsets', ...ofGroup, '--topic', topic), /Successful/)
  deepEqual(await shown(tools, group), [])
  match(await run('--delete', ...ofGroup), /was successful/)
  equal(
    linesOf(await run('--list')).some((line) => line.trim() === group),
    false,
  )
}

/** Holds a console share consumer in the group while `work` runs, once it has taken all records; it leaves in order. */
async function withMember(
  tools: Tools,
  topic: string,
  group: string,
  records: number,
  work: () => Promise<void>,
): Promise<void> {
  const [program, ...args] = tools.command('kafka-console-share-consumer', '--topic', topic, '--group', group)
  const member = start(program, args)
  const closed = new Promise((resolve) => member.once('close', resolve))
  let output = ''
  member.stdout?.on('data', (chunk) => {
    output += chunk
  })
  member.stderr?.resume()
  try {
    await until(`${records} records were taken`, async () => linesOf(output).length >= records)
    // What is taken is acknowledged by the next poll.
    await until('all are done with', async () => (await shown(tools, group)).every(({ lag }) => lag === '0'))
    await work()
    member.kill('SIGTERM')
    await closed
  } finally {
    killGroup(member, 'SIGKILL')
  }
}

/** What the group has in each partition, in the order of the partitions. */
async function shown(tools: Tools, group: string): Promise<Shown[]> {
  const table = linesOf(await tools.run('kafka-share-groups', '--describe', '--group', group))
  const rows = table.map((line) => line.trim().split(/\s+/)).filter(([name]) => name === group)
  return rows
    .sort((a, b) => Number(a[2]) - Number(b[2]))
    .map(([, , , start = '', lag = '']) => ({ start, lag }))
}

async function endOffsets(tools: Tools, topic: string): Promise<[number, number]> {
  const lines = linesOf(await tools.run('kafka-get-offsets', '--topic', topic))
  const [first = 0, second = 0] = lines.sort().map((line) => Number(line.split(':')[2]))
  return [first, second]
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`60 s passed until ${what}`)
    await sleep(200)
  }
}

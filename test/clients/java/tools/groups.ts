import { deepEqual, equal, match } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { killGroup, start } from '../../process.ts'
import { linesOf, type Tools } from './tool.ts'

/** A protocol that groups may speak, and what is shown of it. */
interface Protocol {
  readonly type: 'Classic' | 'Consumer'
  readonly assignor: string
  /** Of a member that has both partitions of `topic`. */
  readonly member: (topic: string) => RegExp
}

const CLASSIC: Protocol = {
  type: 'Classic',
  assignor: 'range',
  member: () => /\s2\s+-\s+\S+:0,1\s/,
}
/** Also the epochs of member and group, and what is on its way. */
const CONSUMER: Protocol = {
  type: 'Consumer',
  assignor: 'uniform',
  member: (topic) => new RegExp(`\\s2\\s+2\\s+${topic}:0,1\\s+2\\s+${topic}:0,1\\s`),
}

/** kafka-consumer-groups: list, describe in each form, reset-offsets, delete-offsets, delete, and what it refuses. */
export function groups(tools: Tools, prefix: string): Promise<void> {
  return groupsOf(CLASSIC, tools, prefix)
}

/** The same on groups of KIP-848. */
export function consumerGroups(tools: Tools, prefix: string): Promise<void> {
  return groupsOf(CONSUMER, tools, prefix)
}

async function groupsOf(protocol: Protocol, tools: Tools, prefix: string): Promise<void> {
  const run = (...args: string[]) => tools.run('kafka-consumer-groups', ...args)
  const topic = `${prefix}-topic`
  const group = `${prefix}-group`
  await tools.run('kafka-topics', '--create', '--topic', topic, '--partitions', '2')
  const lines = Array.from({ length: 20 }, (_, i) => `${i}\tvalue ${i}\n`).join('')
  await tools.feed(lines, 'kafka-console-producer', '--topic', topic, '--reader-property', 'parse.key=true')
  const ends = await offsets(tools, topic)

  await withMember(tools, protocol, topic, group, async () => {
    await until('the group is stable and has read all', async () => {
      const state = await run('--describe', '--group', group, '--state')
      const table = linesOf(await run('--describe', '--group', group))
      return (
        new RegExp(`\\s${protocol.assignor}\\s+Stable\\s+1\\s*$`, 'm').test(state) &&
        table.filter((row) => /\s0\s+\S+\s+\/\S+\s+\S+\s*$/.test(row)).length === 2
      )
    })
    match(await run('--describe', '--group', group, '--members', '--verbose'), protocol.member(topic))
    match(await run('--list', '--type'), new RegExp(`^${group}\\s+${protocol.type}\\s*$`, 'm'))
    match(
      await run('--reset-offsets', '--group', group, '--topic', topic, '--to-earliest', '--execute'),
      /can only be reset if the group '\S+' is inactive, but the current state is Stable/,
    )
    match(await run('--delete', '--group', group), /could not be deleted due to: \S*GroupNotEmptyException/)
  })

  equal(linesOf(await run('--list')).filter((line) => line === group).length, 1)
  match(await run('--list', '--state'), new RegExp(`^${group}\\s+Empty`, 'm'))
  match(await run('--describe', '--group', group, '--state'), /\sEmpty\s+0\s*$/m)
  deepEqual(await committed(tools, group), ends)

  const reset = ['--reset-offsets', '--group', group, '--topic', topic]
  await run(...reset, '--to-earliest', '--dry-run')
  deepEqual(await committed(tools, group), ends)
  await run(...reset, '--to-earliest', '--execute')
  deepEqual(await committed(tools, group), [0, 0])
  await run(...reset, '--shift-by', '2', '--execute')
  deepEqual(await committed(tools, group), [2, 2])
  await run(...reset, '--to-datetime', '2020-01-01T00:00:00.000', '--execute')
  deepEqual(await committed(tools, group), [0, 0])
  await run(...reset, '--to-latest', '--execute')
  deepEqual(await committed(tools, group), ends)

  match(await run('--delete-offsets', '--group', group, '--topic', `${topic}:0`), /\s0\s+Successful/)
  deepEqual(await committed(tools, group), [ends[1]])
  match(await run('--delete', '--group', group), /was successful/)
  equal(linesOf(await run('--list')).includes(group), false)
}

/** Holds a console consumer in the group while `work` runs; it leaves in order. */
async function withMember(
  tools: Tools,
  protocol: Protocol,
  topic: string,
  group: string,
  work: () => Promise<void>,
): Promise<void> {
  const [program, ...args] = tools.command(
    'kafka-console-consumer',
    ...['--topic', topic, '--group', group, '--from-beginning'],
    ...['--command-property', 'auto.commit.interval.ms=200'],
    ...['--command-property', `group.protocol=${protocol.type.toLowerCase()}`],
  )
  const member = start(program, args)
  const closed = new Promise((resolve) => member.once('close', resolve))
  member.stdout?.resume()
  member.stderr?.resume()
  try {
    await work()
    member.kill('SIGTERM')
    await closed
  } finally {
    killGroup(member, 'SIGKILL')
  }
}

/** CURRENT-OFFSET of each partition that has one, in the order of the partitions. */
async function committed(tools: Tools, group: string): Promise<number[]> {
  const table = linesOf(await tools.run('kafka-consumer-groups', '--describe', '--group', group))
  const rows = table.map((line) => line.trim().split(/\s+/)).filter(([name]) => name === group)
  return rows.sort((a, b) => Number(a[2]) - Number(b[2])).map((row) => Number(row[3]))
}

async function offsets(tools: Tools, topic: string): Promise<number[]> {
  const lines = linesOf(await tools.run('kafka-get-offsets', '--topic', topic))
  return lines.sort().map((line) => Number(line.split(':')[2]))
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`60 s passed until ${what}`)
    await sleep(200)
  }
}

import { deepEqual, equal, match } from 'node:assert/strict'
import { linesOf, type Tools } from './tool.ts'

/** kafka-topics: create, list, describe, alter, delete, and what it refuses. */
export async function topics(tools: Tools, prefix: string): Promise<void> {
  const run = (...args: string[]) => tools.run('kafka-topics', ...args)
  const refused = (why: RegExp, ...args: string[]) => tools.refused(why, 'kafka-topics', ...args)
  const topic = `${prefix}-orders`
  const create = ['--create', '--topic', topic, '--partitions', '3', '--replication-factor', '1']
  match(
    await run(...create, '--config', 'retention.ms=3600000'),
    new RegExp(`^Created topic ${topic}\\.$`, 'm'),
  )
  await refused(/Topic '\S+' already exists/, ...create)
  await run(...create, '--if-not-exists')
  await refused(
    /Replication factor: 9 larger than available brokers|Unable to replicate the partition 9 time/,
    ...[...['--create', '--topic', `${prefix}-wide`, '--partitions', '1', '--replication-factor', '9']],
  )
  await refused(
    /Unknown topic config name: no\.such\.config/,
    ...[...['--create', '--topic', `${prefix}-wrong`, '--config', 'no.such.config=1']],
  )
  equal(linesOf(await run('--list')).filter((line) => line === topic).length, 1)

  const [summary, ...partitions] = linesOf(await run('--describe', '--topic', topic))
  match(summary as string, /PartitionCount: 3\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=3600000/)
  deepEqual(
    partitions.map((line) => /Partition: (\d+)\s+Leader: \d+\s+Replicas: \d+\s+Isr: \d+/.exec(line)?.[1]),
    ['0', '1', '2'],
  )
  await run('--alter', '--topic', topic, '--partitions', '5')
  match(await run('--describe', '--topic', topic), /PartitionCount: 5/)
  await refused(/2 would not be an increase/, '--alter', '--topic', topic, '--partitions', '2')

  await run('--delete', '--topic', topic)
  equal(linesOf(await run('--list')).includes(topic), false)
  await refused(/does not exist as expected/, '--describe', '--topic', topic)
}

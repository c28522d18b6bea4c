import { deepEqual, match } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { linesOf, type Tools } from './tool.ts'

/** The APIs that have to be there, with their keys. */
const APIS = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
  DescribeGroups: 15,
  ListGroups: 16,
  ApiVersions: 18,
  CreateTopics: 19,
  DeleteTopics: 20,
  DeleteRecords: 21,
  InitProducerId: 22,
  OffsetForLeaderEpoch: 23,
  DescribeConfigs: 32,
  AlterConfigs: 33,
  CreatePartitions: 37,
  DeleteGroups: 42,
  IncrementalAlterConfigs: 44,
  OffsetDelete: 47,
  DescribeCluster: 60,
  DescribeTopicPartitions: 75,
}

/** kafka-broker-api-versions, kafka-get-offsets by each kind of time, kafka-delete-records. */
export async function offsets(tools: Tools, prefix: string, folder: string): Promise<void> {
  const versions = await tools.run('kafka-broker-api-versions')
  for (const [name, key] of Object.entries(APIS)) {
    match(versions, new RegExp(`^\\s${name}\\(${key}\\): \\d+( to \\d+)? \\[usable: \\d+\\],?$`, 'm'))
  }

  const topic = `${prefix}-topic`
  await tools.run('kafka-topics', '--create', '--topic', topic, '--partitions', '2')
  const lines = Array.from({ length: 12 }, (_, i) => `line ${i}\n`).join('')
  const oneByOne = ['--command-property', 'linger.ms=0', '--sync']
  await tools.feed(lines, 'kafka-console-producer', '--topic', topic, ...oneByOne)
  const at = async (time: string) => {
    const output = linesOf(await tools.run('kafka-get-offsets', '--topic', topic, '--time', time))
    const pairs = output.map((line) => line.split(':'))
    return new Map(pairs.map(([, partition, offset]) => [Number(partition), Number(offset)]))
  }
  const ends = await at('latest')
  const total = [...ends.values()].reduce((sum, end) => sum + end, 0)
  if (total !== 12)
    throw new Error(`12 records were sent, the partitions end at ${JSON.stringify([...ends])}`)
  const filled = [...ends].filter(([, end]) => end > 0).map(([partition]) => partition)
  deepEqual([...(await at('earliest')).values()], [0, 0])
  deepEqual(await at('1'), new Map(filled.map((partition) => [partition, 0])))
  deepEqual([...(await at('max-timestamp')).keys()], filled)
  deepEqual(await at(String(Date.now() + 3_600_000)), new Map())

  const [partition] = filled as [number]
  const file = join(folder, 'delete-records.json')
  const remove = async (offset: number) => {
    writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic, partition, offset }] }))
    return tools.run('kafka-delete-records', '--offset-json-file', file)
  }
  const name = `partition: ${topic}-${partition}`
  match(await remove(1), new RegExp(`^${name}\\s+low_watermark: 1$`, 'm'))
  deepEqual((await at('earliest')).get(partition), 1)
  match(await remove(99), new RegExp(`^${name}\\s+error: .*OffsetOutOfRangeException`, 'm'))
  match(await remove(-1), new RegExp(`^${name}\\s+low_watermark: ${ends.get(partition)}$`, 'm'))
  deepEqual(await at('latest'), ends)
  deepEqual((await at('earliest')).get(partition), ends.get(partition))
}

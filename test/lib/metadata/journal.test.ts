import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { SILENT } from '../../../lib/lab/logger.ts'
import { MetadataImage } from '../../../lib/metadata/image.ts'
import { MetadataJournal } from '../../../lib/metadata/journal/metadata-journal.ts'
import { recordsOf } from '../../../lib/metadata/journal/records-of.ts'
import { Metadata } from '../../../lib/metadata/metadata.ts'
import type { MetadataRecord } from '../../../lib/metadata/records.ts'

const NO_LIMIT = Number.POSITIVE_INFINITY

function folderOf(t: { teardown(done: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'josephk-journal-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function open(folder: string, lines: string[] = []) {
  const warn = (message: string) => lines.push(message)
  return new MetadataJournal({ folder, logger: { ...SILENT, warn } })
}

const topic = (name: string): MetadataRecord[] => [
  { type: 'TopicRecord', name, topicId: `${name}-id` },
  {
    type: 'PartitionRecord',
    topicId: `${name}-id`,
    partitionId: 0,
    replicas: [0, 1],
    isr: [0],
    leader: 0,
    leaderEpoch: 3,
    partitionEpoch: 4,
  },
]
const acl = (id: string): MetadataRecord => ({
  type: 'AccessControlEntryRecord',
  id,
  resourceType: 2,
  resourceName: 'a',
  patternType: 3,
  principal: 'User:alice',
  host: '*',
  operation: 3,
  permissionType: 3,
})
const config = (name: string, value: string | null): MetadataRecord => ({
  type: 'ConfigRecord',
  resourceType: 2,
  resourceName: 'a',
  name,
  value,
})

const HISTORY: MetadataRecord[][] = [
  [{ type: 'FeatureLevelRecord', name: 'group.version', featureLevel: 1 }],
  [...topic('a'), config('retention.ms', '5'), config('segment.ms', '7')],
  topic('b'),
  [
    { type: 'RegisterBrokerRecord', brokerId: 0, brokerEpoch: 0, endPoints: [], rack: null, fenced: true },
    { type: 'BrokerRegistrationChangeRecord', brokerId: 0, fenced: false },
    { type: 'PartitionChangeRecord', topicId: 'a-id', partitionId: 0, leader: -1 },
  ],
  [{ type: 'RemoveTopicRecord', topicId: 'b-id' }, config('segment.ms', null)],
  [{ type: 'ProducerIdsRecord', nextProducerId: 4000 }, acl('x'), acl('y')],
  [{ type: 'RemoveAccessControlEntryRecord', id: 'x' }],
  [
    {
      type: 'UserScramCredentialRecord',
      name: 'alice',
      mechanism: 1,
      salt: Buffer.from('salt'),
      storedKey: Buffer.from([1, 2]),
      serverKey: Buffer.from([3]),
      iterations: 4096,
    },
  ],
]

const LEFT: MetadataRecord[] = [
  { type: 'FeatureLevelRecord', name: 'group.version', featureLevel: 1 },
  { type: 'TopicRecord', name: 'a', topicId: 'a-id' },
  { ...topic('a')[1], leader: -1, leaderEpoch: 4, partitionEpoch: 5 } as MetadataRecord,
  config('retention.ms', '5'),
  { type: 'ProducerIdsRecord', nextProducerId: 4000 },
  HISTORY.at(-1)?.[0] as MetadataRecord,
  acl('y'),
]

t.test(
  'what was committed is there again, without what others took away, and without the brokers',
  async (t) => {
    const folder = folderOf(t)
    const first = open(folder)
    t.equal(first.records, undefined)
    const metadata = new Metadata('c', { append: (records) => first.append(records), snapshotIfDue() {} })
    for (const records of HISTORY) metadata.commit(records)
    first.close()
    const second = open(folder)
    second.close()
    t.strictSame(second.records, LEFT)
    const image = new MetadataImage('c')
    for (const record of LEFT) if (record.type !== 'AccessControlEntryRecord') image.apply(record)
    t.strictSame(
      [...recordsOf({ image, acls: [acl('y') as never] })],
      LEFT,
      'and that says the same once more',
    )
  },
)

t.test('snapshots take the place of what came before', async (t) => {
  const folder = folderOf(t)
  const journal = open(folder)
  for (const records of HISTORY) journal.append(records)
  journal.snapshotIfDue(NO_LIMIT, () => [])
  t.strictSame(readdirSync(folder), ['josephk-metadata.0.log'])
  journal.snapshotIfDue(100, () => LEFT)
  t.strictSame(readdirSync(folder).sort(), ['josephk-metadata.1.log', 'josephk-metadata.1.snapshot'])
  journal.append([config('segment.ms', '9')])
  journal.close()
  // What a process leaves that is killed between the steps.
  writeFileSync(join(folder, 'josephk-metadata.0.log'), 'old')
  writeFileSync(join(folder, 'josephk-metadata.2.snapshot.tmp'), 'half')
  writeFileSync(join(folder, 'josephk-metadata.2.log'), 'JKM')
  const again = open(folder)
  again.close()
  t.strictSame(
    again.records?.filter(({ type }) => type === 'ConfigRecord'),
    [config('retention.ms', '5'), config('segment.ms', '9')],
  )
  const snapshot = join(folder, 'josephk-metadata.1.snapshot')
  const bytes = readFileSync(snapshot)
  bytes[bytes.length - 3] = (bytes.at(-3) as number) ^ 1
  writeFileSync(snapshot, bytes)
  t.throws(() => open(folder), /josephk-metadata\.1\.snapshot is damaged at byte 8/)
  writeFileSync(snapshot, 'something else')
  t.throws(() => open(folder), /is no file of a cluster's metadata/)
})

t.test('a start makes a snapshot of a long log', async (t) => {
  const folder = folderOf(t)
  const journal = open(folder)
  for (let i = 0; i < 3000; i++) journal.append([config(`n${i % 10}`, 'x'.repeat(400))])
  journal.close()
  const again = open(folder)
  again.append([config('n0', 'new')])
  again.close()
  t.strictSame(readdirSync(folder).sort(), ['josephk-metadata.1.log', 'josephk-metadata.1.snapshot'])
  const third = open(folder)
  third.close()
  t.equal(third.records?.length, 10)
  t.match(
    third.records?.find((record) => record.type === 'ConfigRecord' && record.name === 'n0'),
    { value: 'new' },
  )
})

t.test('wherever it was torn, whole commits are left, and it is told', async (t) => {
  const folder = folderOf(t)
  const journal = open(folder)
  const path = join(folder, 'josephk-metadata.0.log')
  const ends = HISTORY.map((records) => {
    journal.append(records)
    return readFileSync(path).length
  })
  journal.close()
  const whole = readFileSync(path)
  const lengths = Array.from({ length: 40 }, (_, i) => Math.round((i / 40) * whole.length))
  for (const length of [...lengths, ...ends.flatMap((end) => [end - 1, end])]) {
    writeFileSync(path, whole.subarray(0, length))
    const lines: string[] = []
    const torn = open(folder, lines)
    const commits = ends.filter((end) => end <= length).length
    const metadata = new Metadata('c')
    metadata.restore(HISTORY.slice(0, commits).flat())
    const { topicsById, features, nextProducerId } = metadata.image
    const { records = [] } = torn
    t.equal(records.filter(({ type }) => type === 'TopicRecord').length, topicsById.size, `${length} bytes`)
    t.equal(records.filter(({ type }) => type === 'FeatureLevelRecord').length, features.size)
    t.equal(
      records.some(({ type }) => type === 'ProducerIdsRecord'),
      nextProducerId > 0,
    )
    t.strictSame(
      lines,
      length < 8 || ends.includes(length) || length === 8 ? [] : ['a torn tail of the metadata was cut off'],
    )
    torn.append([config('after', 'it')])
    torn.close()
    const again = open(folder)
    again.close()
    t.match(again.records?.filter(({ type }) => type === 'ConfigRecord').at(-1), { name: 'after' })
  }
  writeFileSync(path, whole)
  appendFileSync(path, Buffer.alloc(100))
  truncateSync(path, whole.length + 50)
  const zeros = open(folder)
  zeros.close()
  t.strictSame(zeros.records, LEFT)
})

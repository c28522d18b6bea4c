import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ManualClock } from '../../../lib/lab/clock.ts'
import { SILENT } from '../../../lib/lab/logger.ts'
import { SeededRandom } from '../../../lib/lab/random.ts'
import { cleanLog } from '../../../lib/log/cleaning/clean-log.ts'
import { cleanableOf } from '../../../lib/log/cleaning/cleanable.ts'
import { readCheckpoint } from '../../../lib/log/directory/checkpoint-file.ts'
import { DataDirectory } from '../../../lib/log/directory/data-directory.ts'
import { OpenFiles } from '../../../lib/log/directory/open-files.ts'
import type { LogConfig } from '../../../lib/log/log-config.ts'
import { PartitionLog } from '../../../lib/log/partition-log.ts'
import { Loans, ReadBuffers } from '../../../lib/memory/read-buffers.ts'
import { decodeBatch } from '../../../protocol/records/decode-batch.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import { LOG_CONFIG } from '../../helpers/log/log-broker.ts'

const CLEANER = { logCleanerDedupeBufferSize: 1_000_000, logCleanerIoBufferLoadFactor: 0.9 }
const clock = new ManualClock()

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'josephk-log-directory-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function open(path: string, config: Partial<LogConfig> = {}, buffers = new ReadBuffers()) {
  const directory = new DataDirectory({ path, clock, random: new SeededRandom(1), logger: SILENT, buffers })
  const log = new PartitionLog({
    clock,
    random: new SeededRandom(1),
    storage: directory.storageOf({ topic: 'topic', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', index: 0 }),
    config: { ...LOG_CONFIG, ...config },
    producerIdExpirationMs: () => 1e12,
  })
  const checkpoint = () => directory.checkpoint([{ topic: 'topic', index: 0, log }])
  const recoveryPoint = () => {
    checkpoint()
    return readCheckpoint(join(path, 'recovery-point-offset-checkpoint'))[0]?.[2]
  }
  const close = () => {
    log.close()
    checkpoint()
    directory.close()
  }
  return { directory, log, recoveryPoint, checkpoint, close }
}

function append(log: PartitionLog, key: string, value: string): void {
  const records = [{ timestamp: clock.now(), key: Buffer.from(key), value: Buffer.from(value) }]
  log.append(encodeBatch({ records }), 0)
  log.advanceHighWatermark()
}

function valuesOf(log: PartitionLog): string[] {
  const bytes = Buffer.concat(log.read(log.logStartOffset, 1_000_000, 'log-end', true).records)
  const values: string[] = []
  for (let position = 0; position < bytes.length; ) {
    const batch = decodeBatch(bytes, position, 1_000_000)
    values.push(...batch.records.map(({ offset, key, value }) => `${offset}:${key}=${value}`))
    position += batch.sizeInBytes
  }
  return values
}

t.test('what is flushed: after so many records, after so much time, and when it is closed', async (t) => {
  const path = folderOf(t)
  const counted = open(path, { flushMessages: 2 })
  append(counted.log, 'a', '1')
  t.equal(counted.recoveryPoint(), '0')
  append(counted.log, 'a', '2')
  t.equal(counted.recoveryPoint(), '2')
  counted.close()
  const timed = open(path, { flushMs: 1000 })
  append(timed.log, 'a', '3')
  clock.advance(999)
  timed.log.flushIfDue()
  t.equal(timed.recoveryPoint(), '2')
  clock.advance(1)
  timed.log.flushIfDue()
  t.equal(timed.recoveryPoint(), '3')
  append(timed.log, 'a', '4')
  timed.close()
  t.strictSame(readCheckpoint(join(path, 'recovery-point-offset-checkpoint')), [['topic', '0', '4']])
})

t.test(
  'what is known to be on the medium is not read through again after a crash; all else is',
  async (t) => {
    const path = folderOf(t)
    const config = { internalSegmentBytes: 200 }
    const { log, directory, checkpoint } = open(path, { ...config, flushMessages: 1 })
    for (let i = 0; i < 6; i++) append(log, 'a', `${i}`)
    checkpoint()
    directory.abandon()
    const first = join(path, 'topic-0', '00000000000000000000.log')
    const bytes = readFileSync(first)
    bytes[bytes.length - 2] = (bytes.at(-2) as number) ^ 1
    writeFileSync(first, bytes)
    const believed = open(path, config)
    t.equal(believed.log.logEndOffset, 6)
    t.equal(believed.log.segments.length, 3)
    believed.directory.abandon()
    writeFileSync(join(path, 'recovery-point-offset-checkpoint'), '0\n0\n')
    const checked = open(path, config)
    t.equal(checked.log.logEndOffset, 1, 'cut off at what is wrong, and what was behind it is gone')
    t.equal(checked.log.segments.length, 1)
    append(checked.log, 'a', 'again')
    t.strictSame(valuesOf(checked.log), ['0:a=0', '1:a=again'])
    checked.close()
  },
)

t.test('compaction that was interrupted has happened, or it has not', async (t) => {
  const before = folderOf(t)
  const config = { internalSegmentBytes: 200, cleanupPolicy: ['compact'] }
  const dirty = open(before, config)
  for (let i = 0; i < 6; i++) append(dirty.log, `${i % 2}`, `${i}`)
  dirty.close()
  const whole = ['0:0=0', '1:1=1', '2:0=2', '3:1=3', '4:0=4', '5:1=5']
  const after = folderOf(t)
  cpSync(before, after, { recursive: true })
  const cleaned = open(after, config)
  cleaned.log.roll()
  // Large enough for all of them to become one segment.
  cleaned.log.config = { ...LOG_CONFIG, ...config, internalSegmentBytes: 2000 }
  cleanLog(cleanableOf(cleaned.log, clock.now()), CLEANER, clock.now())
  const kept = valuesOf(cleaned.log)
  t.strictSame(kept, ['4:0=4', '5:1=5'])
  t.equal(readdirSync(join(after, 'topic-0')).filter((name) => name.endsWith('.log')).length, 2)
  cleaned.close()

  const file = (folder: string, suffix: string) => join(folder, 'topic-0', `00000000000000000000${suffix}`)
  const interrupted = (suffix: string, change: (folder: string) => void) => {
    const folder = folderOf(t)
    cpSync(before, folder, { recursive: true })
    cpSync(file(after, '.log'), file(folder, suffix))
    change(folder)
    const { log, close } = open(folder, config)
    const values = valuesOf(log)
    append(log, '0', 'next')
    t.equal(valuesOf(log).at(-1), '6:0=next')
    close()
    t.notOk(readdirSync(join(folder, 'topic-0')).find((name) => /\.(cleaned|swap|deleted|tmp)$/.test(name)))
    return values
  }
  t.strictSame(
    interrupted('.log.cleaned', () => {}),
    whole,
  )
  t.strictSame(
    interrupted('.log.swap', () => {}),
    kept,
  )
  t.strictSame(
    interrupted('.log.swap', (folder) => rmSync(file(folder, '.log'))),
    kept,
  )
  t.strictSame(
    interrupted('.log.swap', (folder) => {
      renameSync(file(folder, '.index'), file(folder, '.index.deleted'))
      renameSync(file(folder, '.log'), file(folder, '.log.deleted'))
    }),
    kept,
  )
})

t.test('more files than may be open are closed and opened again', async (t) => {
  const folder = folderOf(t)
  const files = new OpenFiles(3)
  const opened = Array.from({ length: 8 }, (_, index) => {
    const path = join(folder, `${index}`)
    writeFileSync(path, `${index}`)
    return { path, fd: undefined as number | undefined }
  })
  for (let round = 0; round < 2; round++) {
    for (const file of opened) {
      t.equal(readFileSync(files.use(file), 'utf8'), file.path.at(-1))
      t.ok(opened.filter(({ fd }) => fd !== undefined).length <= 3)
    }
  }
  files.use(opened[6]!)
  files.use(opened[0]!)
  t.ok(opened[6]!.fd !== undefined && opened[5]!.fd === undefined, 'those used last stay')
  files.closeAll()
  t.ok(opened.every(({ fd }) => fd === undefined))
})

t.test('a log that is deleted is out of the way at once', async (t) => {
  const path = folderOf(t)
  const { directory, log } = open(path)
  append(log, 'a', '1')
  log.delete()
  t.notOk(existsSync(join(path, 'topic-0')))
  const again = directory.storageOf({ topic: 'topic', topicId: 'BBBBBBBBBBBBBBBBBBBBBA', index: 0 })
  t.match(
    readFileSync(join(path, 'topic-0', 'partition.metadata'), 'utf8'),
    /topic_id: BBBBBBBBBBBBBBBBBBBBBA/,
  )
  t.ok(again)
  directory.abandon()
})

t.test('where memory to send is short, the first batch comes all the same, and nothing else', async (t) => {
  const buffers = new ReadBuffers(512 * 1024)
  const { log, close } = open(folderOf(t), {}, buffers)
  t.teardown(close)
  for (let i = 0; i < 10; i++) append(log, 'a', `${i}`.repeat(300_000))
  const all = Buffer.concat(log.read(0, 10_000_000, 'log-end', true).records)
  const size = all.length / 10
  const lend = (maxBytes: number, minOne: boolean, loans: Loans) => {
    const read = log.lend(0, maxBytes, 'log-end', minOne, loans)
    t.ok(Buffer.concat(read.records).equals(all.subarray(0, read.size)))
    return read.size
  }
  const first = new Loans()
  t.equal(lend(400_000, true, first), 400_000)
  t.equal(buffers.lent, 512 * 1024)
  const second = new Loans()
  t.equal(lend(1_000_000, true, second), size)
  t.equal(lend(1_000_000, false, second), 0)
  t.ok(second.isEmpty)
  first.end()
  t.equal(lend(1_000_000, true, second), 512 * 1024)
  t.equal(lend(1_000_000, false, second), 0)
  second.end()
  t.equal(lend(size - 1, false, second), 0)
  t.equal(lend(size, false, second), size)
  second.end()
  t.equal(buffers.lent, 0)
})

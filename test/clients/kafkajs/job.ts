/** The job that every client does (see the README), by kafkajs, once for each compression, all at the same time. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Admin, CompressionTypes, Kafka, logLevel, Partitioners } from 'kafkajs'
import { type Arguments, Content, readArguments, text } from './content.ts'
import { HEARTBEAT_INTERVAL_MS, Member, Progress, SESSION_TIMEOUT_MS } from './member.ts'

/** The victim reads further than this, but commits only this. */
const VICTIM_COMMITS = 300

type FromVictim =
  | { codec: string; assigned: number }
  | { codec: string; ready: number[] }
  | { failure: string }

/** The process of the third members, one of each group, as its parent sees it. */
class Victim {
  readonly assigned = new Map<string, number>()
  readonly ready = new Map<string, number[]>()
  readonly death: Promise<unknown>
  #process: ChildProcess
  #neededBy: number

  constructor(raw: readonly string[], groups: number) {
    this.#neededBy = groups
    this.#process = fork(process.argv[1] as string, ['--victim', 'yes', ...raw])
    this.#process.on('message', (message: FromVictim) => {
      if ('failure' in message) console.log(`victim: ${message.failure}`)
      else if ('ready' in message) this.ready.set(message.codec, message.ready)
      else this.assigned.set(message.codec, message.assigned)
    })
    this.death = once(this.#process, 'exit')
  }

  go(codec: string): void {
    this.#process.send({ codec })
  }

  /** One group has no more need of it. The last such word kills it. */
  done(): void {
    if (--this.#neededBy === 0) this.#process.kill('SIGKILL')
  }
}

async function beVictim(values: Arguments): Promise<void> {
  const members = new Map<string, Member>()
  const say = (message: FromVictim) => process.send?.(message)
  process.on('message', ({ codec }: { codec: string }) => {
    const member = members.get(codec)
    if (member !== undefined) member.reading = true
  })
  process.on('disconnect', () => process.exit(0))
  const follow = async (codec: string) => {
    const progress = new Progress(new Content(values, codec))
    const member = new Member(connect(values, 'victim'), progress, 'victim', false, false)
    members.set(codec, member)
    await member.start()
    let assigned = 0
    for (;;) {
      if (member.assigned.length !== assigned) {
        assigned = member.assigned.length
        say({ codec, assigned })
      }
      progress.check()
      if (assigned > 0 && member.assigned.every((p) => (member.next.get(p) ?? 0) > VICTIM_COMMITS)) break
      await sleep(10)
    }
    member.reading = false
    await member.commit(new Map(member.assigned.map((partition) => [partition, VICTIM_COMMITS])))
    say({ codec, ready: member.assigned })
  }
  await Promise.all(
    text(values, 'compressions')
      .split(',')
      .map((codec) => follow(codec).catch((error) => say({ failure: `${codec}: ${error}` }))),
  )
}

async function run(values: Arguments, codec: string, victim: Victim, progress: Progress, letGo: () => void) {
  const content = progress.content
  await produce(values, codec, content)
  progress.note('produced')
  const first = new Member(connect(values, 'first'), progress, 'first', false)
  const second = new Member(connect(values, 'second'), progress, 'second', false)
  await Promise.all([first.start(), second.start()])
  await progress.wait(
    '2 partitions for each of 3 members',
    () => first.assigned.length === 2 && second.assigned.length === 2 && victim.assigned.get(codec) === 2,
  )
  progress.note('three members have two partitions each')
  first.reading = true
  second.reading = true
  victim.go(codec)
  await progress.wait("the victim's commit", () => victim.ready.has(codec))
  await progress.wait('their own partitions', () => first.hasReadItsShare() && second.hasReadItsShare())
  for (const partition of victim.ready.get(codec) ?? []) progress.committed.set(partition, VICTIM_COMMITS)

  progress.note("ready for the victim's death")
  letGo()
  await victim.death
  const death = progress.milliseconds()
  progress.note('the victim is dead')
  await progress.wait(
    'a take-over',
    () => first.assigned.length + second.assigned.length === content.partitions,
  )
  const takeOver = progress.milliseconds() - death
  progress.note('its partitions are taken over')
  if (takeOver < SESSION_TIMEOUT_MS - HEARTBEAT_INTERVAL_MS - 1_000) {
    throw new Error(`taken over after ${takeOver} ms, before the session can have timed out`)
  }
  await progress.wait('all records', () => progress.allRead())

  const restart = new Map<number, number>()
  for (let p = 0; p < content.partitions; p++) restart.set(p, content.end(p) - 100 - p)
  await Promise.all([first.retire(restart), second.retire(restart)])
  await Promise.all([first.leave(), second.leave()])
  progress.note('everything is read, the members have gone')
  await checkCommitted(values, content.topic, restart)
  progress.reached.clear()
  const restarted = new Member(connect(values, 'restarted'), progress, 'restarted', true)
  await restarted.start()
  await progress.wait('all records after the restart', () => progress.allRead())
  await restarted.leave()
  progress.check()
}

function connect(values: Arguments, name: string): Kafka {
  const clientId = `${text(values, 'prefix')}-${name}`
  return new Kafka({ clientId, brokers: [text(values, 'bootstrap')], logLevel: logLevel.NOTHING })
}

async function withAdmin<T>(values: Arguments, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = connect(values, 'admin').admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

async function createTopics(values: Arguments, codecs: readonly string[]): Promise<void> {
  await withAdmin(values, async (admin) => {
    const contents = codecs.map((codec) => new Content(values, codec))
    const topics = contents.map(({ topic, partitions }) => ({
      topic,
      numPartitions: partitions,
      replicationFactor: 1,
    }))
    if (!(await admin.createTopics({ topics, waitForLeaders: true })))
      throw new Error('the topics were there before')
    const { topics: found } = await admin.fetchTopicMetadata({ topics: topics.map(({ topic }) => topic) })
    for (const { topic, numPartitions } of topics) {
      const partitions = found.find(({ name }) => name === topic)?.partitions.length
      if (partitions !== numPartitions) throw new Error(`${topic} has ${partitions} partitions`)
    }
  })
}

async function produce(values: Arguments, codec: string, content: Content): Promise<void> {
  const producer = connect(values, 'producer').producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  })
  await producer.connect()
  const compression = codec === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None
  const step = content.partitions * 100
  for (let start = 0; start < content.records; start += step) {
    const count = Math.min(step, content.records - start)
    const messages = Array.from({ length: count }, (_, i) => content.record(start + i))
    const answers = await producer.send({ topic: content.topic, acks: -1, compression, messages })
    for (const { partition, baseOffset } of answers) {
      const expected = start / content.partitions
      if (Number(baseOffset) !== expected) {
        throw new Error(`a batch of partition ${partition} was stored at ${baseOffset}, not at ${expected}`)
      }
    }
  }
  await producer.disconnect()
}

async function checkCommitted(values: Arguments, group: string, expected: ReadonlyMap<number, number>) {
  const listed = await withAdmin(values, (admin) => admin.fetchOffsets({ groupId: group, topics: [group] }))
  for (const [partition, offset] of expected) {
    const got = listed[0]?.partitions.find((each) => each.partition === partition)
    if (got?.offset !== String(offset) || got.metadata !== `at ${offset}`) {
      throw new Error(`partition ${partition}: committed ${offset}, listed ${JSON.stringify(got)}`)
    }
  }
}

async function report(values: Arguments, codec: string, victim: Victim): Promise<boolean> {
  const progress = new Progress(new Content(values, codec))
  let held = true
  const letGo = () => {
    if (held) victim.done()
    held = false
  }
  try {
    await run(values, codec, victim, progress, letGo)
    console.log(`PASS ${codec} ${progress.milliseconds()}`)
    return true
  } catch (error) {
    console.log(`FAIL ${codec} ${String(error).replaceAll('\n', ' ')}`)
    return false
  } finally {
    letGo()
  }
}

const raw = process.argv.slice(2)
const values = readArguments(raw)
if (values.has('victim')) {
  await beVictim(values)
} else {
  const codecs = text(values, 'compressions').split(',')
  await createTopics(values, codecs)
  const victim = new Victim(raw, codecs.length)
  const passed = await Promise.all(codecs.map((codec) => report(values, codec, victim)))
  process.exit(passed.every(Boolean) ? 0 : 1)
}

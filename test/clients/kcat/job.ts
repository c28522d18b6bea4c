/**
 * The job that every client does (see the README), by kcat, once for each compression, all at the same time. kcat can neither create a
 * topic with partitions, nor set timestamps, nor hold a partition without reading: kafkajs creates the topics, the
 * timestamps must lie within the run, and the group forms before the records are sent.
 */
import { deepEqual } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { type Arguments, readArguments, text } from '../kafkajs/content.ts'
import {
  HEARTBEAT_INTERVAL_MS,
  type KcatMessage,
  kcat,
  Member,
  messages,
  SESSION_TIMEOUT_MS,
} from './member.ts'

const HEADERS = ['client', 'kcat', 'ключ', 'значение', 'client', 'again', 'nothing', null]
const HEADER_OPTIONS = ['client=kcat', 'ключ=значение', 'client=again', 'nothing'].flatMap((each) => [
  '-H',
  each,
])

class Job {
  readonly topic: string
  readonly #bootstrap: string
  readonly #codec: string
  readonly #seed: string
  readonly #records: number
  readonly #partitions: number
  readonly #start = Date.now()

  constructor(values: Arguments, codec: string) {
    this.topic = `${text(values, 'prefix')}-${codec}`
    this.#bootstrap = text(values, 'bootstrap')
    this.#codec = codec
    this.#seed = text(values, 'seed')
    this.#records = Number(text(values, 'records'))
    this.#partitions = Number(text(values, 'partitions'))
  }

  async report(): Promise<boolean> {
    try {
      await this.#run()
      console.log(`PASS ${this.#codec} ${Date.now() - this.#start}`)
      return true
    } catch (error) {
      console.log(`FAIL ${this.#codec} ${String(error).replaceAll('\n', ' ')}`)
      return false
    }
  }

  async #run(): Promise<void> {
    const members = [0, 1, 2].map(() => new Member(this.#bootstrap, this.topic))
    try {
      await this.#groupWork(members)
    } finally {
      await Promise.all(members.map((member) => member.end('SIGKILL')))
    }
    await this.#lookups()
  }

  async #groupWork(members: Member[]): Promise<void> {
    const [first, second, victim] = members as [Member, Member, Member]
    const say = () => members.join(' | ')
    await this.#wait('2 partitions for each of 3 members', () => members.every((m) => m.assigned === 2), say)
    this.#note('three members have two partitions each')
    const half = Math.floor(this.#records / 2)
    const rest = 100 * this.#partitions
    await this.#produce(0, half)
    await this.#wait('the first half', () => this.#distinct(members).size >= half, say)

    await victim.end('SIGKILL')
    const death = Date.now()
    this.#note('the victim is dead')
    await this.#produce(half, this.#records - rest)
    await this.#wait('a take-over', () => first.assigned + second.assigned === this.#partitions, say)
    const takeOver = Date.now() - death
    this.#note('its partitions are taken over')
    if (takeOver < SESSION_TIMEOUT_MS - HEARTBEAT_INTERVAL_MS - 1_000) {
      throw new Error(`taken over after ${takeOver} ms, before the session can have timed out`)
    }
    await this.#wait('all records', () => this.#distinct(members).size >= this.#records - rest, say)
    for (const member of members) for (const message of member.read) this.#compare(message)
    // Only what the victim read and had not committed may have been read twice.
    const survivors = [...first.read, ...second.read]
    const doubled = survivors.length - this.#distinct([first, second]).size
    if (doubled > 0) throw new Error(`the surviving members read ${doubled} records twice`)

    await Promise.all([first.end('SIGTERM'), second.end('SIGTERM')])
    this.#note('everything is read, the members have gone')
    await this.#produce(this.#records - rest, this.#records)
    const restarted = new Member(this.#bootstrap, this.topic)
    members.push(restarted)
    await this.#wait('the records sent since', () => restarted.read.length >= rest, say)
    for (const message of restarted.read) this.#compare(message)
    const before = restarted.read.filter((message) => this.#index(message) < this.#records - rest)
    if (before.length > 0)
      throw new Error(`the restarted member read ${before.length} records that were committed`)
    await restarted.end('SIGTERM')
  }

  /** What kcat does beside: metadata, offsets by time, reading from an offset. */
  async #lookups(): Promise<void> {
    const metadata = JSON.parse(await kcat(['-b', this.#bootstrap, '-L', '-J', '-t', this.topic]))
    if (metadata.topics[0]?.partitions.length !== this.#partitions) {
      throw new Error(`metadata: ${JSON.stringify(metadata)}`)
    }
    const end = Math.ceil(this.#records / this.#partitions)
    for (const [asked, offset] of [
      ['-1', end],
      ['-2', 0],
      [String(this.#start - 60_000), 0],
    ] as const) {
      const answer = await kcat(['-b', this.#bootstrap, '-Q', '-t', `${this.topic}:0:${asked}`])
      if (answer.trim() !== `${this.topic} [0] offset ${offset}`) throw new Error(`-Q ${asked}: ${answer}`)
    }
    const some = messages(
      await kcat([
        '-b',
        this.#bootstrap,
        '-C',
        '-q',
        '-J',
        '-t',
        this.topic,
        '-p',
        '1',
        '-o',
        '17',
        '-c',
        '5',
      ]),
    )
    deepEqual(
      some.map(({ offset }) => offset),
      [17, 18, 19, 20, 21],
    )
    for (const message of some) this.#compare(message)
  }

  async #produce(from: number, to: number): Promise<void> {
    const lines = Array.from({ length: this.#partitions }, () => '')
    for (let index = from; index < to; index++) {
      const { key, payload } = this.#content(index)
      lines[index % this.#partitions] += `${key === null ? '' : `${key}\t`}${payload ?? ''}\n`
    }
    await Promise.all(
      lines.map((input, partition) =>
        kcat(
          [
            ...['-b', this.#bootstrap, '-P', '-t', this.topic, '-p', String(partition), '-z', this.#codec],
            ...['-K', '\t', '-Z', '-X', 'enable.idempotence=true', ...HEADER_OPTIONS],
          ],
          input,
        ),
      ),
    )
    this.#note(`produced ${from} to ${to}`)
  }

  /** Text, since kcat's input is lines. With -Z an empty value is sent as null; an empty line would not be sent. */
  #content(index: number): { key: string | null; payload: string | null } {
    const h = createHash('sha256').update(`${this.#seed}:${this.topic}:${index}`).digest('hex')
    const key = index % 10 === 3 ? null : `${h.slice(0, 1 + (index % 40))}-é`
    const length = index % 500 === 250 ? 20_000 : 1 + (Number.parseInt(h.slice(0, 4), 16) % 400)
    const payload = (index % 2 === 0 ? h : h.slice(0, 8)).repeat(Math.ceil(length / 8)).slice(0, length)
    return { key, payload: index % 50 === 7 ? null : payload }
  }

  #compare(message: KcatMessage): void {
    const { topic, partition, offset, tstype, ts, headers, key, payload } = message
    const index = this.#index(message)
    if (index >= this.#records)
      throw new Error(`${topic}-${partition} offset ${offset}: no record was sent there`)
    deepEqual(
      { partition, offset, key, payload, headers },
      { partition, offset, ...this.#content(index), headers: HEADERS },
    )
    if (tstype !== 'create' || ts < this.#start || ts > Date.now()) {
      throw new Error(`${topic}-${partition} offset ${offset}: timestamp ${tstype} ${ts}`)
    }
  }

  #index({ partition, offset }: KcatMessage): number {
    return offset * this.#partitions + partition
  }

  #distinct(members: readonly Member[]): Set<number> {
    return new Set(members.flatMap((member) => member.read.map((message) => this.#index(message))))
  }

  async #wait(what: string, condition: () => boolean, say: () => string): Promise<void> {
    const deadline = Date.now() + 60_000
    while (!condition()) {
      if (Date.now() > deadline) throw new Error(`60 s passed without ${what}: ${say()}`)
      await sleep(50)
    }
  }

  #note(what: string): void {
    console.log(`${this.topic} ${Date.now() - this.#start} ms: ${what}`)
  }
}

/** A topic that nobody created: the broker does, when it is first asked about. */
async function autoCreate(values: Arguments): Promise<boolean> {
  const start = Date.now()
  const topic = `${text(values, 'prefix')}-auto-create`
  const where = ['-b', text(values, 'bootstrap'), '-t', topic]
  try {
    await kcat(['-P', ...where], 'one\ntwo\n')
    const read = messages(await kcat(['-C', '-q', '-e', '-J', ...where]))
    deepEqual(
      read.map(({ payload }) => payload),
      ['one', 'two'],
    )
    console.log(`PASS auto-create ${Date.now() - start}`)
    return true
  } catch (error) {
    console.log(`FAIL auto-create ${String(error).replaceAll('\n', ' ')}`)
    return false
  }
}

async function createTopics(values: Arguments, topics: readonly string[]): Promise<void> {
  const admin = new Kafka({ brokers: [text(values, 'bootstrap')], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const numPartitions = Number(text(values, 'partitions'))
  await admin.createTopics({
    topics: topics.map((topic) => ({ topic, numPartitions })),
    waitForLeaders: true,
  })
  await admin.disconnect()
}

const values = readArguments(process.argv.slice(2))
const jobs = text(values, 'compressions')
  .split(',')
  .map((codec) => new Job(values, codec))
await createTopics(
  values,
  jobs.map(({ topic }) => topic),
)
const passed = await Promise.all([...jobs.map((job) => job.report()), autoCreate(values)])
process.exit(passed.every(Boolean) ? 0 : 1)

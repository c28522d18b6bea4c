import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import type { Content } from './content.ts'

export const SESSION_TIMEOUT_MS = 6_000
export const HEARTBEAT_INTERVAL_MS = 2_000

/** What the members of one group share: how far it has read and committed, and the first thing that went wrong. */
export class Progress {
  readonly content: Content
  readonly committed = new Map<number, number>()
  /** The offset after the last record that was read of each partition. */
  readonly reached = new Map<number, number>()
  failure: unknown
  #start = performance.now()

  constructor(content: Content) {
    this.content = content
  }

  milliseconds(): number {
    return Math.round(performance.now() - this.#start)
  }

  /** For whoever reads the log of a failed run. */
  note(what: string): void {
    console.log(`${this.content.topic} ${this.milliseconds()} ms: ${what}`)
  }

  allRead(): boolean {
    for (let p = 0; p < this.content.partitions; p++) {
      if ((this.reached.get(p) ?? 0) < this.content.end(p)) return false
    }
    return true
  }

  async wait(what: string, condition: () => boolean): Promise<void> {
    const deadline = performance.now() + 60_000
    while (!condition()) {
      this.check()
      if (performance.now() > deadline) {
        const read = JSON.stringify([...this.reached])
        throw new Error(
          `60 s passed without ${what}; read ${read}, committed ${JSON.stringify([...this.committed])}`,
        )
      }
      await sleep(10)
    }
    this.check()
  }

  check(): void {
    if (this.failure !== undefined) throw this.failure
  }
}

/**
 * One member of a group. Each time it is given a partition, the first record must be at the group's committed offset and the next
 * ones must follow without a gap; each is compared byte by byte. kafkajs does not tell before a partition is taken away, so
 * a member commits after each batch.
 */
export class Member {
  assigned: number[] = []
  readonly next = new Map<number, number>()
  reading: boolean
  readonly #consumer: Consumer
  readonly #progress: Progress
  readonly #name: string
  readonly #commits: boolean

  constructor(kafka: Kafka, progress: Progress, name: string, reading: boolean, commits = true) {
    this.reading = reading
    this.#progress = progress
    this.#name = name
    this.#commits = commits
    this.#consumer = kafka.consumer({
      groupId: progress.content.topic,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_INTERVAL_MS,
      maxWaitTimeInMs: 200,
    })
  }

  async start(): Promise<void> {
    const topic = this.#progress.content.topic
    this.#consumer.on('consumer.group_join', ({ payload }) => {
      this.next.clear()
      this.assigned = payload.memberAssignment[topic] ?? []
    })
    this.#consumer.on('consumer.crash', ({ payload }) => {
      this.#progress.failure ??= payload.error
    })
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [topic], fromBeginning: true })
    await this.#consumer.run({ autoCommit: false, eachBatch: (batch) => this.#eachBatch(batch) })
  }

  hasReadItsShare(): boolean {
    return this.assigned.every((p) => (this.next.get(p) ?? 0) >= this.#progress.content.end(p))
  }

  async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    const topic = this.#progress.content.topic
    await this.#consumer.commitOffsets(
      [...offsets].map(([partition, offset]) => ({
        topic,
        partition,
        offset: String(offset),
        metadata: `at ${offset}`,
      })),
    )
    for (const [partition, offset] of offsets) this.#progress.committed.set(partition, offset)
  }

  /** Commits these offsets, of the partitions that are its own, as the last thing it does before it leaves the group. */
  async retire(offsets: ReadonlyMap<number, number>): Promise<void> {
    this.reading = false
    await this.commit(new Map([...offsets].filter(([partition]) => this.assigned.includes(partition))))
  }

  async leave(): Promise<void> {
    await this.#consumer.disconnect()
  }

  async #eachBatch({ batch, heartbeat, isRunning, isStale, resolveOffset }: EachBatchPayload): Promise<void> {
    while (!this.reading) {
      await sleep(20)
      await heartbeat()
      if (!isRunning() || isStale()) return
    }
    let last: number | undefined
    for (const message of batch.messages) {
      const expected = this.next.get(batch.partition) ?? this.#progress.committed.get(batch.partition) ?? 0
      try {
        if (Number(message.offset) !== expected) {
          const place = `${this.#name} partition ${batch.partition}`
          throw new Error(`${place}: expected offset ${expected}, got ${message.offset}`)
        }
        this.#progress.content.compare(batch.partition, message)
      } catch (error) {
        this.#progress.failure ??= error
        throw error
      }
      last = expected + 1
      this.next.set(batch.partition, last)
      resolveOffset(message.offset)
    }
    if (last === undefined) return
    if (last > (this.#progress.reached.get(batch.partition) ?? 0)) {
      this.#progress.reached.set(batch.partition, last)
    }
    if (this.#commits) await this.commit(new Map([[batch.partition, last]]))
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import { RawClient } from '../../helpers/raw-client.ts'

export const TOPIC = 'throttled'
export const BATCH_BYTES = 6_000
export const BATCHES = 10

export function batch(size: number): Buffer {
  return encodeBatch({ records: [{ timestamp: 0, value: Buffer.alloc(size) }] })
}

export function records(size: number, acks = -1) {
  return {
    acks,
    timeoutMs: 10_000,
    topicData: [{ name: TOPIC, partitionData: [{ index: 0, records: batch(size) }] }],
  }
}

/** One part of the scenario: a client of its own, and what was seen. */
export class Part implements AsyncDisposable {
  readonly name: string
  readonly #address: string
  readonly #lines: string[] = []
  readonly #clients: RawClient[] = []

  constructor(name: string, address: string) {
    this.name = name
    this.#address = address
  }

  async connect(): Promise<RawClient> {
    const client = await RawClient.connect(this.#address, this.name)
    this.#clients.push(client)
    return client
  }

  say(text: string): void {
    this.#lines.push(`${this.name}: ${text}`)
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  /** In words: `0`, `3000-5500`, or the number itself where it is none that was expected. */
  wait(what: string, ms: number, least: number, most: number): void {
    this.say(`${what} waits ${ms >= least && ms <= most ? `${least}-${most}` : ms}`)
  }

  /** Whether whatever is asked next has no answer for a while. */
  async isHeld(client: RawClient, forMs: number): Promise<void> {
    const answered = client.send(metadata, 12, {}).then(
      () => 'answered',
      () => 'closed',
    )
    this.say(`the next request is ${await Promise.race([answered, sleep(forMs, 'held')])}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.close()
  }
}

/** A client that has quotas, and what it does. */
export interface Play {
  readonly quotas: Readonly<Record<string, number>>
  play(part: Part): Promise<void>
}

/** A fetch of all there is. */
export async function reading(client: RawClient, maxBytes: number) {
  const { topics } = await client.send(metadata, 12, { topics: [{ name: TOPIC }] })
  const topicId = topics[0]?.topicId as string
  const partition = { partition: 1, fetchOffset: 0, partitionMaxBytes: maxBytes }
  return { maxWaitMs: 0, minBytes: 1, topics: [{ topicId, partitions: [partition] }] }
}

export function sizeOf({ responses }: { responses: { partitions: { records: Buffer | null }[] }[] }): number {
  return responses[0]?.partitions[0]?.records?.length ?? 0
}

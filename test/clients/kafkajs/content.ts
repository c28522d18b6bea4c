import { deepEqual } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { IHeaders, KafkaMessage, Message } from 'kafkajs'

/** The command line: `--name value` pairs. */
export type Arguments = ReadonlyMap<string, string>

export function readArguments(raw: readonly string[]): Arguments {
  const values = new Map<string, string>()
  for (let i = 0; i + 1 < raw.length; i += 2) values.set((raw[i] as string).slice(2), raw[i + 1] as string)
  return values
}

export function text(values: Arguments, name: string): string {
  const value = values.get(name)
  if (value === undefined) throw new Error(`--${name} is missing`)
  return value
}

/** The records of one topic, each a function of the seed, the topic's name and the record's number (see the README). */
export class Content {
  readonly topic: string
  readonly records: number
  readonly partitions: number
  #seed: string
  #baseTimestamp: number

  constructor(values: Arguments, codec: string) {
    this.topic = `${text(values, 'prefix')}-${codec}`
    this.records = Number(text(values, 'records'))
    this.partitions = Number(text(values, 'partitions'))
    this.#seed = text(values, 'seed')
    this.#baseTimestamp = Number(text(values, 'base-timestamp'))
  }

  /** How many records the partition holds. */
  end(partition: number): number {
    return Math.floor((this.records - partition + this.partitions - 1) / this.partitions)
  }

  record(index: number): Message {
    const h = sha256(`${this.#seed}:${this.topic}:${index}`)
    const timestamp = this.#baseTimestamp + index * 50 + (at(h, 5) % 7) - (index % 3 === 0 ? 500 : 0)
    return {
      key: keyBytes(h, index),
      value: valueBytes(h, index),
      partition: index % this.partitions,
      timestamp: String(timestamp),
      headers: headersOf(h),
    }
  }

  /** Throws unless each byte of the message is what was sent to its place. */
  compare(partition: number, got: KafkaMessage): void {
    const index = Number(got.offset) * this.partitions + partition
    const place = `${this.topic}-${partition} offset ${got.offset}`
    if (index >= this.records) throw new Error(`${place}: no record was sent there`)
    const { key, value, timestamp, headers } = this.record(index)
    deepEqual({ place, key: got.key, value: got.value }, { place, key, value })
    deepEqual(
      { place, timestamp: got.timestamp, headers: { ...got.headers } },
      { place, timestamp, headers: { ...headers } },
    )
  }
}

function keyBytes(h: Buffer, index: number): Buffer | null {
  if (index % 10 === 0) return null
  return index % 10 === 1 ? Buffer.alloc(0) : h.subarray(0, 1 + (at(h, 0) % 24))
}

function valueBytes(h: Buffer, index: number): Buffer | null {
  if (index % 50 === 7) return null
  if (index % 50 === 8) return Buffer.alloc(0)
  const length = index % 500 === 250 ? 20_000 : (at(h, 1) * 256 + at(h, 2)) % 400
  if (index % 2 === 0) return Buffer.alloc(length, length === 0 ? undefined : h.subarray(8, 16))
  const pieces: Buffer[] = []
  for (let block = 0; block * 32 < length; block++) {
    const number = Buffer.alloc(4)
    number.writeUInt32BE(block)
    pieces.push(sha256(Buffer.concat([h, number])))
  }
  return Buffer.concat(pieces).subarray(0, length)
}

/** Without the null header of the other clients' second shape: kafkajs cannot send one. */
function headersOf(h: Buffer): IHeaders {
  const first = h.subarray(12, 12 + (at(h, 12) % 9))
  switch (at(h, 3) % 4) {
    case 1:
      return { trace: first }
    case 2:
      return { trace: [first, h.subarray(20, 28)] as Buffer[] }
    case 3:
      return { trace: first, empty: Buffer.alloc(0) }
    default:
      return {}
  }
}

function at(bytes: Buffer, index: number): number {
  return bytes[index] as number
}

function sha256(input: string | Buffer): Buffer {
  return createHash('sha256').update(input).digest()
}

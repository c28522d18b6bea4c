import { randomBytes } from 'node:crypto'

/** The one source of chance in `lib/`: real by default, a seeded one makes a run repeat exactly. */
export interface Random {
  /** `length` random bytes. */
  bytes(length: number): Buffer
  /** A whole number from 0 up to, not including, `limit` (at most 2^31). */
  below(limit: number): number
}

/** Randomness of the platform's cryptography. */
export class RealRandom implements Random {
  bytes(length: number): Buffer {
    return randomBytes(length)
  }

  below(limit: number): number {
    return Math.floor((randomBytes(4).readUInt32BE(0) / 2 ** 32) * limit)
  }
}

/** Repeats the same sequence for the same seed (mulberry32). Never for secrets. */
export class SeededRandom implements Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    for (let i = 0; i < length; i++) bytes[i] = this.#next() >>> 24
    return bytes
  }

  below(limit: number): number {
    return Math.floor((this.#next() / 2 ** 32) * limit)
  }
}

/** A random UUID in the form Kafka prints: 16 bytes as unpadded URL-safe base64, 22 characters. */
export function randomUuid(random: Random): string {
  for (;;) {
    const bytes = random.bytes(16)
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
    const text = bytes.toString('base64url')
    // Kafka's Uuid.randomUuid never yields one that begins with a dash: command lines would take it for an option.
    if (!text.startsWith('-')) return text
  }
}

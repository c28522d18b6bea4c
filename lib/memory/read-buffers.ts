/** What a file is read in: few enough reads for a large answer, small enough to be in the processor's cache when it is sent. */
const BUFFER_BYTES = 256 * 1024
/** What may be under way to clients at a time; who asks when that is used up gets less. */
const LIMIT_BYTES = 64 * 1024 * 1024
/** What is kept to be used again; more was made for a rush, and goes with it. */
const KEPT_BUFFERS = 16

/** All that was ever lent, for as long as it is there. */
const lent = new WeakSet<ArrayBufferLike>()

/** Whether these bytes will be others before long, so that who wants to keep them has to copy them. */
export function isLent(view: Buffer): boolean {
  return lent.has(view.buffer)
}

/**
 * Memory that stored bytes are read into on their way to a client, used again as soon as they have left: memory that
 * the processor still has at hand, which the system need not clear.
 */
export class ReadBuffers {
  readonly #free: Buffer[] = []
  readonly #most: number
  #lent = 0

  /** @param limit bytes that may be lent at a time, at least one buffer */
  constructor(limit = LIMIT_BYTES) {
    this.#most = Math.max(1, Math.floor(limit / BUFFER_BYTES))
  }

  /** Bytes that are lent. */
  get lent(): number {
    return this.#lent * BUFFER_BYTES
  }

  /** undefined while too much is lent. */
  lend(): Buffer | undefined {
    if (this.#lent >= this.#most) return undefined
    this.#lent++
    const free = this.#free.pop()
    if (free !== undefined) return free
    const made = Buffer.allocUnsafeSlow(BUFFER_BYTES)
    lent.add(made.buffer)
    return made
  }

  giveBack(buffer: Buffer): void {
    this.#lent--
    if (this.#free.length < KEPT_BUFFERS) this.#free.push(buffer)
  }
}

/**
 * What is borrowed for one answer. Somebody must `end` it: whoever has sent the answer, or found that nobody waits for
 * it any more.
 */
export class Loans {
  #lent: Loan[] | undefined
  /** Used bytes of the last buffer. */
  #used = 0

  get isEmpty(): boolean {
    return this.#lent === undefined
  }

  /** Room for `size` bytes or for fewer; undefined: `pool` has nothing left. */
  borrow(pool: ReadBuffers, size: number): Buffer | undefined {
    let last = this.#lent?.at(-1)
    if (last?.pool !== pool || this.#used === last.buffer.length) {
      const buffer = pool.lend()
      if (buffer === undefined) return undefined
      last = { pool, buffer }
      this.#lent ??= []
      this.#lent.push(last)
      this.#used = 0
    }
    const start = this.#used
    this.#used = Math.min(last.buffer.length, start + size)
    return last.buffer.subarray(start, this.#used)
  }

  /** From now on they are `other`'s to end. */
  moveTo(other: Loans): void {
    if (this.#lent === undefined) return
    if (other.#lent === undefined) other.#lent = this.#lent
    else other.#lent.push(...this.#lent)
    other.#used = this.#used
    this.#lent = undefined
  }

  /** Nobody reads what was borrowed any more. */
  end(): void {
    const lent = this.#lent
    this.#lent = undefined
    if (lent !== undefined) for (const { pool, buffer } of lent) pool.giveBack(buffer)
  }
}

interface Loan {
  readonly pool: ReadBuffers
  readonly buffer: Buffer
}

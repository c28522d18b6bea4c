/** What a slab is divided into: a frame fills whole pages, and wastes a part of its last one. */
const PAGE_BYTES = 1024
/** The first slab is small, for most clusters see a few records only. */
const SMALLEST_SLAB = 2 * 1024 * 1024
const LARGEST_SLAB = 32 * 1024 * 1024

/** A smaller frame is not worth the bookkeeping, a larger one would leave holes. */
export const SMALLEST_FRAME = 8 * PAGE_BYTES
const LARGEST_FRAME = LARGEST_SLAB / 8

/** Somebody who may hold views for a while after their owner has released them: a connection that still sends them. */
export interface Holder {
  /** The epoch at which it last held nothing; Infinity while it holds nothing. */
  readonly quietSince: number
}

/** Memory that was released, and when. */
interface Released {
  readonly slab: Slab
  readonly page: number
  readonly epoch: number
}

/** A stretch of memory, and who uses which pages of it. */
class Slab {
  readonly memory: FrameMemory
  readonly bytes: SharedArrayBuffer
  /** For each page: 1 + the first page of the block it belongs to; 0: free. */
  readonly owners: Uint16Array
  /** For the first page of each block: how many own it. */
  readonly references: Uint16Array
  /** For the first page of each block: how many pages it has. */
  readonly #lengths: Uint16Array
  free: number
  /** So many free pages in a row there may be. */
  longestRun: number
  #next = 0

  constructor(memory: FrameMemory, bytes: number) {
    const pages = bytes / PAGE_BYTES
    this.memory = memory
    this.bytes = new SharedArrayBuffer(bytes)
    this.owners = new Uint16Array(pages)
    this.references = new Uint16Array(pages)
    this.#lengths = new Uint16Array(pages)
    this.free = pages
    this.longestRun = pages
  }

  /** The first of so many pages, which are taken; -1: there is no room. */
  take(pages: number): number {
    if (this.longestRun < pages) return -1
    let page = this.#find(this.#next, pages)
    if (page < 0) page = this.#find(0, pages)
    if (page < 0) {
      this.longestRun = pages - 1
      return -1
    }
    this.owners.fill(page + 1, page, page + pages)
    this.references[page] = 1
    this.#lengths[page] = pages
    this.free -= pages
    this.#next = page + pages
    return page
  }

  #find(from: number, pages: number): number {
    const { owners } = this
    let run = 0
    for (let page = from; page < owners.length; page++) {
      run = owners[page] === 0 ? run + 1 : 0
      if (run === pages) return page - pages + 1
    }
    return -1
  }

  bytesOf(first: number): number {
    return (this.#lengths[first] as number) * PAGE_BYTES
  }

  giveBack(first: number): void {
    const pages = this.#lengths[first] as number
    this.owners.fill(0, first, first + pages)
    this.free += pages
    this.longestRun = this.owners.length
  }
}

const slabs = new WeakMap<SharedArrayBuffer, Slab>()

/**
 * Memory for frames whose records the log keeps where they were received, and for the chunks that it copies small
 * batches into. Fresh memory is the dearer half of receiving (each page is cleared by the system when it is first
 * touched), so what retention or truncation sets free is used again.
 *
 * A block has owners: the request while it is handled, then each batch that the log keeps; of a chunk, who fills it and
 * each run of batches in it. When the last one releases
 * it, responses under way may still hold views; it is used again only after every connection has held nothing since.
 *
 * The slabs are shared memory only because V8 does not count that as garbage to be: with 50 MB of ordinary buffers it
 * would begin to mark its heap, again and again. And to make a buffer of 16 KB, a producer's usual batch, takes it longer
 * than to copy as much.
 */
export class FrameMemory {
  readonly #holders = new Set<Holder>()
  readonly #slabs: Slab[] = []
  /** In the order of their epochs. */
  #released: Released[] = []
  #epoch = 0
  /** Who was found to hold something that long ago. */
  #slowest: Holder | undefined

  /** Counts releases: what a holder notes when it holds nothing. */
  get epoch(): number {
    return this.#epoch
  }

  /** Bytes that have been taken from the system. */
  get size(): number {
    return this.#slabs.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
  }

  /** Bytes that belong to frames, waiting to be used again or not. */
  get used(): number {
    return this.size - this.#slabs.reduce((sum, { free }) => sum + free, 0) * PAGE_BYTES
  }

  add(holder: Holder): void {
    this.#holders.add(holder)
  }

  remove(holder: Holder): void {
    this.#holders.delete(holder)
    if (this.#slowest === holder) this.#slowest = undefined
  }

  /** Memory with one owner, or undefined where ordinary memory does as well. */
  allocate(size: number): Buffer | undefined {
    if (size < SMALLEST_FRAME || size > LARGEST_FRAME) return undefined
    const pages = Math.ceil(size / PAGE_BYTES)
    this.#reuse()
    for (const slab of this.#slabs) {
      const page = slab.take(pages)
      if (page >= 0) return Buffer.from(slab.bytes, page * PAGE_BYTES, size)
    }
    const slab = new Slab(this, this.#slabBytes(size))
    slabs.set(slab.bytes, slab)
    this.#slabs.push(slab)
    return Buffer.from(slab.bytes, slab.take(pages) * PAGE_BYTES, size)
  }

  /** As much as there is already, within bounds. */
  #slabBytes(frame: number): number {
    let bytes = SMALLEST_SLAB
    while (bytes < LARGEST_SLAB && (bytes < this.size || bytes < 2 * frame)) bytes *= 2
    return bytes
  }

  /** @internal */
  noteReleased(slab: Slab, page: number): void {
    this.#released.push({ slab, page, epoch: this.#epoch++ })
  }

  /** Gives back what nobody can hold a view of any more. */
  #reuse(): void {
    const released = this.#released
    const oldest = released[0]
    if (oldest === undefined) return
    // Not all connections are asked for each frame while one of them reads slowly.
    if (this.#slowest !== undefined && this.#slowest.quietSince <= oldest.epoch) return
    let quiet = Number.POSITIVE_INFINITY
    for (const holder of this.#holders) {
      const { quietSince } = holder
      if (quietSince >= quiet) continue
      quiet = quietSince
      this.#slowest = holder
    }
    let count = 0
    while (count < released.length && (released[count] as Released).epoch < quiet) {
      const { slab, page } = released[count++] as Released
      slab.giveBack(page)
    }
    if (count > 0) this.#released = released.slice(count)
  }
}

/** Whether these bytes lie in memory that is used again, so that who wants to keep them has to copy or to own them. */
export function isReused(view: Buffer): boolean {
  return view.length > 0 && slabs.has(view.buffer as unknown as SharedArrayBuffer)
}

/** So much memory cannot be used for anything else as long as the log keeps these bytes where they lie. */
export function pinnedBytes(view: Buffer): number {
  const slab = slabs.get(view.buffer as unknown as SharedArrayBuffer)
  return slab === undefined ? view.buffer.byteLength : slab.bytesOf(firstPage(slab, view))
}

/** One more owner for the frame that these bytes belong to. Nothing, where they lie in ordinary memory. */
export function retain(view: Buffer): void {
  const slab = slabs.get(view.buffer as unknown as SharedArrayBuffer)
  if (slab === undefined) return
  const page = firstPage(slab, view)
  slab.references[page] = (slab.references[page] as number) + 1
}

/** The request that came in this frame has been handled. */
export function releaseFrame(frame: Buffer): void {
  if (frame.length >= SMALLEST_FRAME) release(frame)
}

/** An owner less. */
export function release(view: Buffer): void {
  const slab = slabs.get(view.buffer as unknown as SharedArrayBuffer)
  if (slab === undefined) return
  const page = firstPage(slab, view)
  const left = (slab.references[page] as number) - 1
  slab.references[page] = left
  if (left === 0) slab.memory.noteReleased(slab, page)
}

function firstPage({ owners }: Slab, { byteOffset }: Buffer): number {
  const owner = owners[Math.floor(byteOffset / PAGE_BYTES)] as number
  if (owner === 0) throw new Error('these bytes belong to no frame: they have been released too often')
  return owner - 1
}

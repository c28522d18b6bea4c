import type { Duplex } from 'node:stream'
import { type Frame, FrameSplitter } from '../../protocol/frame.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { type FrameMemory, release } from '../memory/frame-memory.ts'
import type { Intake } from './place-reader.ts'

/** Bytes that may wait to be parsed before reading stops; a frame that is still arriving does not count. */
const UNPARSED_LIMIT = 256 * 1024

/** From here on copying what was read together with a frame's size costs more than reading once more. */
const LARGE = 64 * 1024

/** What an inbox asks its connection, and tells it. */
export interface Recipient {
  /** Where Produce requests that are not small go, whose records may stay; undefined: ordinary memory. */
  memory(): FrameMemory | undefined
  /** Whether anything more is to be done with what comes. */
  isWanted(): boolean
  onReceived(): void
}

/** What a connection has received and not yet taken up. Stops reading while that is too much. */
export class Inbox implements Intake {
  readonly #recipient: Recipient
  readonly #socket: Duplex
  readonly #frames: FrameSplitter
  #isPaused = false
  /** Every whole frame has been taken: nothing more can be done before more bytes come. */
  #isEmpty = true
  /** The last frame was large, and nothing has come since. */
  #expectsLarge = false
  /** Nobody wants it any more, but the socket may still put bytes there. */
  #unfinished: Buffer | undefined

  constructor(socket: Duplex, maxFrameSize: number, recipient: Recipient) {
    this.#socket = socket
    this.#recipient = recipient
    this.#frames = new FrameSplitter(maxFrameSize, (size, start) => {
      // Only of these it is known how long anybody holds views of them.
      const reused = start === produce.key ? recipient.memory()?.allocate(size) : undefined
      return reused ?? Buffer.allocUnsafe(size)
    })
  }

  get isEmpty(): boolean {
    return this.#isEmpty
  }

  get bytes(): number {
    return this.#frames.buffered
  }

  set maxFrameSize(size: number) {
    this.#frames.maxFrameSize = size
  }

  /** Where what comes next belongs, if that is known yet. */
  get place(): Buffer | undefined {
    return this.#recipient.isWanted() ? this.#frames.place : undefined
  }

  get expectsLarge(): boolean {
    return this.#expectsLarge
  }

  /** So many bytes have come and lie in `place`. */
  placed(length: number): void {
    if (!this.#recipient.isWanted()) return
    this.#frames.placed(length)
    this.#isEmpty = false
    this.#recipient.onReceived()
  }

  received(chunk: Buffer): void {
    if (!this.#recipient.isWanted()) return
    this.#frames.push(chunk)
    this.#isEmpty = false
    this.#recipient.onReceived()
  }

  lent(memory: Buffer, length: number): void {
    if (!this.#recipient.isWanted()) return
    this.#frames.lend(memory, length)
    this.#isEmpty = false
    this.#recipient.onReceived()
    this.#frames.keep()
  }

  /**
   * The next frame, whose memory is the caller's to release.
   * @throws ProtocolError when its size is wrong
   */
  next(): Frame | undefined {
    const frame = this.#frames.find()
    this.#isEmpty = frame === undefined
    if (frame !== undefined) {
      this.#expectsLarge = frame.end - frame.start >= LARGE && this.#frames.buffered === 0
    }
    return frame
  }

  /** A flood is to fill the peer's memory and not ours. */
  brake(): void {
    const waiting = this.#isEmpty ? 0 : this.#frames.buffered
    if (this.#isPaused) {
      if (waiting > UNPARSED_LIMIT / 2) return
      this.#isPaused = false
      this.#socket.resume()
    } else if (waiting > UNPARSED_LIMIT) {
      this.#isPaused = true
      this.#socket.pause()
    }
  }

  /** Forgets what has come. */
  clear(): void {
    this.#unfinished ??= this.#frames.clear()
    this.#isEmpty = true
  }

  /** The socket is gone. */
  close(): void {
    this.clear()
    if (this.#unfinished !== undefined) release(this.#unfinished)
    this.#unfinished = undefined
  }
}

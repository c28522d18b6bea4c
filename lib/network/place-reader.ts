import { Socket } from 'node:net'

/** What takes in the bytes of a socket. */
export interface Intake {
  /** Where what comes next belongs, undefined where that is not known yet. */
  readonly place: Buffer | undefined
  /** What comes next is likely to begin another large frame. */
  readonly expectsLarge: boolean
  /** So many bytes have come and lie in what was `place`. */
  placed(length: number): void
  /** The first `length` bytes of `memory`, where others will be put as soon as this returns. */
  lent(memory: Buffer, length: number): void
}

/** Of what has no place yet; all sockets share it, because it is emptied before the next one is read. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024)
/** The beginning of it, enough to see where the rest of a frame belongs: what is large and read into scratch memory has to be copied. */
const smallScratch = scratch.subarray(0, 64)

/**
 * Reads a socket into memory of our choice, so that a large request is read where it will stay. Receiving costs a third
 * of what it does by 'data' events, which bring fresh memory for each read and have it copied together.
 *
 * Node lets only the maker of a `Socket` say where to read (`onread`), and a server makes its sockets itself: so what it
 * accepted is taken over. Where that cannot be done (the handle is not part of Node's documented interface), the
 * socket is left as it is, and gives its bytes by 'data'.
 */
export class PlaceReader {
  #intake: Intake | undefined
  #target: Buffer = scratch

  /** @param accepted by a server with `pauseOnConnect` and `allowHalfOpen`; not to be used any more */
  takeOver(accepted: Socket): Socket {
    const owner = accepted as unknown as { _handle: object | null }
    const handle = owner._handle
    if (handle === null || typeof handle !== 'object') return accepted
    // The server counts the connections that it knows; it need not wait for this one, which is ours to close.
    owner._handle = null
    accepted.destroy()
    const onread = { buffer: () => this.#aim(), callback: (length: number) => this.#take(length) }
    return new Socket({ handle, allowHalfOpen: true, onread } as object)
  }

  begin(intake: Intake): void {
    this.#intake = intake
  }

  #aim(): Buffer {
    this.#target = this.#intake?.place ?? (this.#intake?.expectsLarge ? smallScratch : scratch)
    return this.#target
  }

  #take(length: number): boolean {
    const target = this.#target
    if (target === scratch || target === smallScratch) this.#intake?.lent(scratch, length)
    else this.#intake?.placed(length)
    return true
  }
}

import { Duplex } from 'node:stream'
import { isReused } from '../memory/frame-memory.ts'
import { isLent } from '../memory/read-buffers.ts'

type Done = (error?: Error | null) => void

/**
 * One end of a connection that never leaves the process; what libraries ask of a `net.Socket` is there too. It differs
 * from Node's `duplexPair` in what tests of a network need: destroying one end resets the other, and writes that were
 * corked together arrive together.
 *
 * Bytes arrive in a later turn of the event loop, as they do from a network: nobody's callback runs within `write`.
 */
export class MemorySocket extends Duplex {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly remoteFamily = 'IPv4'
  connecting = false
  #peer: MemorySocket | undefined
  /** The peer's writer waits until this end wants more. */
  #roomMade: Done | undefined
  #ended = false

  constructor(local: MemoryAddress, remote: MemoryAddress, allowHalfOpen: boolean) {
    super({ allowHalfOpen })
    this.localAddress = local.host
    this.localPort = local.port
    this.remoteAddress = remote.host
    this.remotePort = remote.port
  }

  /** @internal */
  join(peer: MemorySocket): void {
    this.#peer = peer
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#send([lasting(chunk)], done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    this.#send(
      chunks.map(({ chunk }) => lasting(chunk)),
      done,
    )
  }

  override _read(): void {
    const roomMade = this.#roomMade
    this.#roomMade = undefined
    roomMade?.()
  }

  override _final(done: Done): void {
    setImmediate(() => {
      this.#sayLast()
      done()
    })
  }

  override _destroy(error: Error | null, done: Done): void {
    // A system sends what it was given even if the socket is closed then; and it resets a connection that is closed
    // with bytes unread, where it would else only end it.
    const unread = this.readableLength > 0 || this.#roomMade !== undefined
    const roomMade = this.#roomMade
    this.#roomMade = undefined
    setImmediate(() => {
      const peer = this.#peer
      this.#sayLast(unread)
      this.#peer = undefined
      roomMade?.(peer?.destroyed ? undefined : reset('write'))
    })
    done(error)
  }

  #sayLast(unread = false): void {
    const peer = this.#peer
    if (!peer || peer.destroyed) return
    if (unread) peer.destroy(reset('read'))
    else if (!this.#ended) peer.push(null)
    this.#ended = true
  }

  #send(chunks: Buffer[], done: Done): void {
    setImmediate(() => {
      const peer = this.#peer
      if (!peer || peer.destroyed) {
        done(reset('write'))
        return
      }
      let wantsMore = true
      for (const chunk of chunks) if (chunk.length > 0) wantsMore = peer.push(chunk)
      if (wantsMore) done()
      else peer.#roomMade = done
    })
  }

  setNoDelay(_noDelay?: boolean): this {
    return this
  }

  setKeepAlive(_enable?: boolean, _initialDelay?: number): this {
    return this
  }

  /** Nothing here is ever late: there is no timeout to run out. */
  setTimeout(_timeoutMs: number, _callback?: () => void): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  address(): { address: string; family: string; port: number } {
    return { address: this.localAddress, family: 'IPv4', port: this.localPort }
  }

  destroySoon(): void {
    if (this.writableFinished) this.destroy()
    else this.end(() => this.destroy())
  }
}

export interface MemoryAddress {
  readonly host: string
  readonly port: number
}

/** Both ends of a connection from `client` to `server`. */
export function memorySocketPair(client: MemoryAddress, server: MemoryAddress): [MemorySocket, MemorySocket] {
  const clientEnd = new MemorySocket(client, server, false)
  const serverEnd = new MemorySocket(server, client, true)
  clientEnd.join(serverEnd)
  serverEnd.join(clientEnd)
  return [clientEnd, serverEnd]
}

function reset(syscall: string): Error {
  return Object.assign(new Error(`${syscall} ECONNRESET`), { code: 'ECONNRESET', syscall })
}

/** A client within the process may keep what it reads for as long as it likes. */
function lasting(chunk: Buffer): Buffer {
  return isReused(chunk) || isLent(chunk) ? Buffer.from(chunk) : chunk
}

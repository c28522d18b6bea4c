import { type GssFunction, type GssFunctions, loadGssFunctions } from './library.ts'

/** A pointer that the library gave out and takes back; null for none. */
export type Handle = bigint | null

interface GssBuffer {
  length?: number | bigint
  value?: unknown
}

const ERROR_BITS = 0xffff_0000
const OF_GSS = 1
const OF_MECHANISM = 2
/** KRB_AP_ERR_TKT_NYV (33) and KRB_AP_ERR_REPEAT (34) of RFC 4120, as MIT numbers errors. */
const RETRIABLE: ReadonlySet<number> = new Set([33, 34].map((code) => (code - 1_765_328_384) >>> 0))

/** A call into GSSAPI failed; the message is the library's own. */
export class GssError extends Error {
  override readonly name = 'GssError'
  /** Whether the same client may well succeed when it tries again (`KerberosError.retriable`). */
  readonly isRetriable: boolean

  constructor(message: string, minor: number) {
    super(message)
    this.isRetriable = RETRIABLE.has(minor)
  }
}

/** Calls GSSAPI: turns failures into errors, copies what it allocates and gives it back, counts what is still held. */
export class Gss {
  /** Contexts, credentials and names of this process that have not been given back. */
  static held = 0
  readonly functions: GssFunctions

  /** @throws GssapiMissingError */
  constructor() {
    this.functions = loadGssFunctions()
  }

  /** @returns the major status @throws GssError */
  call(callee: GssFunction, ...parameters: unknown[]): number {
    const minor: [number] = [0]
    const major = callee(minor, ...parameters)
    if ((major & ERROR_BITS) !== 0) throw new GssError(this.#explain(major, minor[0]), minor[0])
    return major
  }

  /** Calls what gives out a handle at the place that `parameters` is told. @throws GssError */
  obtain(callee: GssFunction, parameters: (place: [Handle]) => unknown[]): Handle {
    const place: [Handle] = [null]
    this.call(callee, ...parameters(place))
    Gss.held++
    return place[0]
  }

  /** Gives a handle back; nothing for null. */
  release(callee: GssFunction, handle: Handle, ...parameters: unknown[]): void {
    if (handle === null) return
    Gss.held--
    callee([0], [handle], ...parameters)
  }

  /** Calls what writes into a buffer of its own at the place that `parameters` is told; gives the bytes. @throws GssError */
  bytes(callee: GssFunction, parameters: (place: GssBuffer) => unknown[]): { bytes: Buffer; major: number } {
    const place: GssBuffer = {}
    let major: number
    try {
      major = this.call(callee, ...parameters(place))
    } catch (error) {
      // An acceptor that fails may have something to say to the initiator; SASL has no place for it.
      this.#take(place)
      throw error
    }
    return { bytes: this.#take(place), major }
  }

  /** @throws GssError */
  importName(text: string, type: object): Handle {
    const { importName } = this.functions
    return this.obtain(importName, (place) => [given(Buffer.from(text)), type, place])
  }

  /** As text, such as `kafka/localhost@EXAMPLE.COM`. @throws GssError */
  displayName(name: Handle): string {
    const { displayName } = this.functions
    return this.bytes(displayName, (place) => [name, place, [null]]).bytes.toString('utf8')
  }

  releaseName(name: Handle): void {
    this.release(this.functions.releaseName, name)
  }

  #take(buffer: GssBuffer): Buffer {
    const { value = null, length = 0 } = buffer
    if (value === null) return Buffer.alloc(0)
    const size = Number(length)
    const bytes = size === 0 ? Buffer.alloc(0) : Buffer.from(this.functions.read(value, size))
    this.functions.releaseBuffer([0], buffer)
    return bytes
  }

  #explain(major: number, minor: number): string {
    return [this.#text(major, OF_GSS), this.#text(minor, OF_MECHANISM)]
      .filter((text) => text !== '')
      .join(': ')
  }

  #text(status: number, type: number): string {
    const place: GssBuffer = {}
    this.functions.displayStatus([0], status, type, null, [0], place)
    return this.#take(place).toString('utf8')
  }
}

/** Bytes as the library takes them. */
export function given(bytes: Uint8Array): GssBuffer {
  return { length: bytes.length, value: bytes }
}

import { createRequire } from 'node:module'
import { Gss, given, type Handle } from '../../../lib/security/gssapi/gss.ts'
import type { GssFunction } from '../../../lib/security/gssapi/library.ts'
import type { Kdc } from './kdc.ts'

const KERBEROS = oid('2a864886f712010202')
const PRINCIPAL_NAME = oid('2a864886f71201020201')
const TO_INITIATE = 1
const CONTINUE_NEEDED = 1
const MUTUAL = 2
const WITHOUT_SERVER = 4 | 8 | 32
let tickets = 0

interface Settings {
  /** Default: `alice`, and the service `kafka/localhost`. */
  readonly user?: string
  readonly service?: string
  /** Whether the server must show who it is. */
  readonly mutual?: boolean
}

/** A client's side of GSSAPI (RFC 4752), with a ticket that it gets from the test's KDC. */
export class GssapiClient {
  readonly #gss = new Gss()
  readonly #initContext = initContext()
  readonly #credential: Handle
  readonly #service: Handle
  readonly #flags: number
  /** What the server has offered: layers, and the largest message under them. */
  offer: Buffer = Buffer.alloc(0)
  #context: Handle = null
  #isEstablished = false

  /** @throws GssError when the KDC gives no ticket for the user */
  constructor(kdc: Kdc, { user = 'alice', service = 'kafka/localhost', mutual = true }: Settings = {}) {
    process.env.KRB5_CONFIG = kdc.configuration
    const gss = this.#gss
    const name = gss.importName(user, PRINCIPAL_NAME)
    const elements = [
      { key: 'client_keytab', value: kdc.keytab(user) },
      { key: 'ccache', value: `MEMORY:${kdc.directory}-${tickets++}` },
    ]
    const mechanisms = { count: 1, elements: [KERBEROS] }
    this.#credential = gss.obtain(gss.functions.acquireCredential, (place) => {
      return [name, 0, mechanisms, TO_INITIATE, { count: elements.length, elements }, place, null, [0]]
    })
    gss.releaseName(name)
    this.#service = gss.importName(service, PRINCIPAL_NAME)
    this.#flags = WITHOUT_SERVER | (mutual ? MUTUAL : 0)
  }

  /** The next token of the context, given the server's. @throws GssError */
  next(received?: Uint8Array): Buffer {
    const gss = this.#gss
    const context: [Handle] = [this.#context]
    const { bytes, major } = gss.bytes(this.#initContext, (place) => {
      const token = received === undefined ? null : given(received)
      return [
        ...[this.#credential, context, this.#service, KERBEROS, this.#flags, 0, null],
        ...[token, [null], place, [0], [0]],
      ]
    })
    this.#context = context[0]
    this.#isEstablished = (major & CONTINUE_NEEDED) === 0
    return bytes
  }

  /**
   * Goes all the way in.
   * @param exchange sends a token and gives the server's; the last one may bring none
   */
  async login(
    exchange: (token: Buffer, isLast: boolean) => Promise<Buffer>,
    choice: Uint8Array = Buffer.of(1, 0, 0, 0),
  ): Promise<void> {
    let answer = await exchange(this.next(), false)
    while (!this.#isEstablished) answer = await exchange(this.next(answer), false)
    this.offer = this.unwrap(answer)
    await exchange(this.wrap(choice), true)
  }

  wrap(message: Uint8Array): Buffer {
    const { functions } = this.#gss
    return this.#gss.bytes(functions.wrap, (place) => [this.#context, 0, 0, given(message), [0], place]).bytes
  }

  unwrap(token: Uint8Array): Buffer {
    const { functions } = this.#gss
    const parameters = (place: object) => [this.#context, given(token), place, [0], [0]]
    return this.#gss.bytes(functions.unwrap, parameters).bytes
  }

  close(): void {
    const { deleteContext, releaseCredential } = this.#gss.functions
    deleteContext([0], [this.#context], null)
    this.#gss.release(releaseCredential, this.#credential)
    this.#gss.releaseName(this.#service)
    this.#context = null
  }
}

let loaded: GssFunction | undefined

/** The one function that only clients need. */
function initContext(): GssFunction {
  loaded ??= loadInitContext()
  return loaded
}

function loadInitContext(): GssFunction {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi')
  const { pointer, struct, out, inout } = koffi
  const buffer = pointer(struct({ length: 'size_t', value: 'void *' }))
  const mechanism = pointer(struct({ length: 'uint32_t', elements: 'void *' }))
  const [handle, number] = [pointer('void *'), pointer('uint32_t')]
  return koffi
    .load('libgssapi_krb5.so.2')
    .func('gss_init_sec_context', 'uint32_t', [
      ...[out(number), 'void *', inout(handle), 'void *', mechanism, 'uint32_t', 'uint32_t', 'void *'],
      ...[buffer, out(handle), out(buffer), out(number), out(number)],
    ] as string[]) as GssFunction
}

function oid(hex: string): { length: number; elements: Buffer } {
  const elements = Buffer.from(hex, 'hex')
  return { length: elements.length, elements }
}

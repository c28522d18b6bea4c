import { Gss, GssError, type Handle } from './gss.ts'
import { ServerContext } from './server-context.ts'

/** Where a service's key lies, and which of those there it is. */
export interface KerberosOptions {
  /** File with the service's key. Default: the library's (`KRB5_KTNAME`, else `/etc/krb5.keytab`). */
  readonly keytab?: string | undefined
  /** Such as `kafka/localhost@EXAMPLE.COM`. Default: any in the keytab that is of the service `sasl.kerberos.service.name`. */
  readonly principal?: string | undefined
}

/** 1.2.840.113554.1.2.2: Kerberos 5. */
const KERBEROS = oid('2a864886f712010202')
/** 1.2.840.113554.1.2.2.1: a principal as Kerberos writes it. */
const PRINCIPAL_NAME = oid('2a864886f71201020201')
/** 1.2.840.113554.1.2.1.4: a service, with or without `@host`. */
const SERVICE_NAME = oid('2a864886f71201020104')
/** 1.2.840.113554.1.2.1.1: a user in the default realm. */
const USER_NAME = oid('2a864886f71201020101')
const ANY_TIME = 0
const TO_ACCEPT = 2

/** A service's credential: lets clients with a Kerberos ticket for it show who they are. */
export class Acceptor {
  readonly #gss: Gss
  #credential: Handle

  private constructor(gss: Gss, credential: Handle) {
    this.#gss = gss
    this.#credential = credential
  }

  /**
   * @param service of which a principal in the keytab is taken where none is named
   * @throws GssapiMissingError
   * @throws GssError when the keytab cannot be read, or has no such key
   */
  static open({ keytab, principal }: KerberosOptions, service: string): Acceptor {
    const gss = new Gss()
    const name =
      principal === undefined
        ? gss.importName(service, SERVICE_NAME)
        : gss.importName(principal, PRINCIPAL_NAME)
    const entries = keytab === undefined ? [] : [{ key: 'keytab', value: keytab }]
    const store = { count: entries.length, elements: entries }
    const mechanisms = { count: 1, elements: [KERBEROS] }
    try {
      const credential = gss.obtain(gss.functions.acquireCredential, (place) => {
        return [name, ANY_TIME, mechanisms, TO_ACCEPT, store, place, null, [0]]
      })
      return new Acceptor(gss, credential)
    } finally {
      gss.releaseName(name)
    }
  }

  accept(): ServerContext {
    return new ServerContext(this.#gss, this.#credential)
  }

  close(): void {
    this.#gss.release(this.#gss.functions.releaseCredential, this.#credential)
    this.#credential = null
  }
}

/** The realm of names that do not say theirs; empty where Kerberos is not configured. @throws GssapiMissingError */
export function defaultRealm(): string {
  const gss = new Gss()
  const user = gss.importName('user', USER_NAME)
  try {
    const place = (at: [Handle]) => [user, KERBEROS, at]
    const canonical = gss.obtain(gss.functions.canonicalizeName, place)
    const text = gss.displayName(canonical)
    gss.releaseName(canonical)
    return text.slice(text.lastIndexOf('@') + 1)
  } catch (error) {
    if (error instanceof GssError) return ''
    throw error
  } finally {
    gss.releaseName(user)
  }
}

function oid(hex: string): { length: number; elements: Buffer } {
  const elements = Buffer.from(hex, 'hex')
  return { length: elements.length, elements }
}

import { OptionError } from './check-options.ts'
import { Acceptor, defaultRealm, type KerberosOptions } from './security/gssapi/acceptor.ts'
import { GssError } from './security/gssapi/gss.ts'
import { GssapiMissingError } from './security/gssapi/library.ts'
import { gssapi } from './security/gssapi/server.ts'
import { ShortNamer } from './security/gssapi/short-namer.ts'
import type { Mechanism } from './security/mechanism.ts'

/** What a listener's GSSAPI goes by. */
export interface KerberosListener {
  readonly name: string
  readonly kerberos: KerberosOptions
  /** `sasl.kerberos.service.name`. */
  readonly service: string
  /** `sasl.kerberos.principal.to.local.rules`. */
  readonly rules: readonly string[]
}

/** The Kerberos credentials of a cluster's listeners, which are not JavaScript's to collect. */
export class KerberosAcceptors {
  readonly #acceptors: Acceptor[] = []

  /** @throws OptionError where GSSAPI is missing on this machine, the service's key is, or a rule is none */
  mechanism({ name, kerberos, service, rules }: KerberosListener): Mechanism {
    try {
      const acceptor = Acceptor.open(kerberos, service)
      this.#acceptors.push(acceptor)
      return gssapi(acceptor, namerOf(rules))
    } catch (cause) {
      if (!(cause instanceof GssapiMissingError || cause instanceof GssError)) throw cause
      throw new OptionError(`GSSAPI on listener ${name}: ${cause.message}`, { cause })
    }
  }

  close(): void {
    for (const acceptor of this.#acceptors.splice(0)) acceptor.close()
  }
}

function namerOf(rules: readonly string[]): ShortNamer {
  const realm = defaultRealm()
  try {
    return new ShortNamer(realm, rules)
  } catch (cause) {
    const { message } = cause as Error
    throw new OptionError(`option config.sasl.kerberos.principal.to.local.rules: ${message}`, { cause })
  }
}

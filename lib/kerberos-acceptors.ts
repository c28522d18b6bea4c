import { OptionError } from './check-options.ts'
import { Acceptor, defaultRealm, type KerberosOptions } from './security/gssapi/acceptor.ts'
import { GssError } from './security/gssapi/gss.ts'
import { GssapiMissingError } from './security/gssapi/library.ts'
import { gssapi } from './security/gssapi/server.ts'
import { ShortNamer } from './security/gssapi/short-namer.ts'
import { readJaasConfig } from './security/jaas-config.ts'
import type { Mechanism } from './security/mechanism.ts'

/** What a listener's GSSAPI goes by. */
export interface KerberosListener {
  readonly name: string
  readonly kerberos: KerberosOptions | undefined
  /** `sasl.jaas.config` of Java's `Krb5LoginModule`, which names a keytab and a principal too. */
  readonly jaasConfig: string | undefined
  /** `sasl.kerberos.service.name`. */
  readonly service: string
  /** `sasl.kerberos.principal.to.local.rules`. */
  readonly rules: readonly string[]
}

/** The Kerberos credentials of a cluster's listeners, which are not JavaScript's to collect. */
export class KerberosAcceptors {
  readonly #acceptors: Acceptor[] = []

  /** @throws OptionError where GSSAPI is missing on this machine, the service's key is, or a rule is none */
  mechanism({ name, kerberos, jaasConfig, service, rules }: KerberosListener): Mechanism {
    const options = kerberos ?? (jaasConfig === undefined ? {} : optionsOf(jaasConfig, name))
    try {
      const acceptor = Acceptor.open(options, service)
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

function optionsOf(jaasConfig: string, listener: string): KerberosOptions {
  try {
    const { options } = readJaasConfig(jaasConfig)
    return { keytab: options.get('keyTab'), principal: options.get('principal') }
  } catch (cause) {
    const { message } = cause as Error
    throw new OptionError(`GSSAPI on listener ${listener}: sasl.jaas.config: ${message}`, { cause })
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

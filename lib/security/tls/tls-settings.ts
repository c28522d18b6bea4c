import { createSecureContext } from 'node:tls'
import type { SecurityProtocol } from '../../metadata/records.ts'
import type { ListenerConfigs } from './listener-configs.ts'
import { PrincipalMapping } from './principal-mapping.ts'
import type { IssuedCertificate } from './throwaway-authority.ts'

/** `ssl.client.auth`: whether clients show a certificate. One that is shown and not trusted ends the handshake. */
export type ClientAuth = 'none' | 'requested' | 'required'

/** Who a listener is, and whom it believes; each part may come from elsewhere (see {@link tlsSettings}). */
export interface TlsOptions {
  /** The private key of `cert`, as PEM. */
  key?: string | Buffer | undefined
  /** What `key` is encrypted with. */
  passphrase?: string | undefined
  /** The server's certificate and those between it and its authority, as PEM. */
  cert?: string | Buffer | undefined
  /** The authorities whose clients are believed, as PEM. */
  ca?: string | Buffer | undefined
  /** Default: `'none'`. */
  clientAuth?: ClientAuth | undefined
}

export type TlsProtocol = 'SSL' | 'SASL_SSL'

/** All that a listener has to know to speak TLS. */
export interface TlsSettings extends IdentityAndTrust {
  readonly clientAuth: ClientAuth
  /** Undefined where SASL says who a client is. */
  readonly principalMapping: PrincipalMapping | undefined
}

interface IdentityAndTrust {
  readonly key: string | Buffer
  readonly passphrase: string | undefined
  readonly cert: string | Buffer
  /** Where it is undefined, the authorities that Node knows are believed. */
  readonly ca: string | Buffer | undefined
}

/** Where a listener has nothing of its own: the cluster's throw-away authority, and a server's certificate from it. */
export interface Throwaway extends IssuedCertificate {
  readonly ca: string
}

export function speaksTls(securityProtocol: SecurityProtocol | undefined): securityProtocol is TlsProtocol {
  return securityProtocol === 'SSL' || securityProtocol === 'SASL_SSL'
}

/** Whether the listener needs a certificate of the throw-away authority. */
export function needsThrowaway({ key, cert }: TlsOptions, configs: ListenerConfigs): boolean {
  const given = [key, cert, configs.value(KEY), configs.value(CERTIFICATE_CHAIN)]
  return given.every((part) => part === undefined)
}

const KEY = 'ssl.keystore.key'
const CERTIFICATE_CHAIN = 'ssl.keystore.certificate.chain'
const CLIENT_AUTH = 'ssl.client.auth'
const MAPPING_RULES = 'ssl.principal.mapping.rules'

/**
 * The option `tls` of a listener wins over Kafka's configs (`ssl.keystore.key`, `ssl.keystore.certificate.chain`,
 * `ssl.key.password`, `ssl.truststore.certificates`, `ssl.client.auth`); these over the throw-away certificate.
 * @throws Error saying what is wrong, without anything secret
 */
export function tlsSettings(
  securityProtocol: TlsProtocol,
  options: TlsOptions,
  configs: ListenerConfigs,
  throwaway: Throwaway | undefined,
): TlsSettings {
  const sasl = securityProtocol === 'SASL_SSL'
  // With SASL, what is said for all listeners is not meant for this one (KIP-684).
  const clientAuth = sasl ? configs.own(CLIENT_AUTH) : configs.value(CLIENT_AUTH)
  const settings: TlsSettings = {
    ...identityAndTrust(options, configs, throwaway),
    clientAuth: options.clientAuth ?? ((clientAuth ?? 'none') as ClientAuth),
    principalMapping: sasl ? undefined : new PrincipalMapping(configs.value(MAPPING_RULES) ?? 'DEFAULT'),
  }
  checkPem(settings)
  return settings
}

function identityAndTrust(
  options: TlsOptions,
  configs: ListenerConfigs,
  throwaway: Throwaway | undefined,
): IdentityAndTrust {
  const ca = options.ca ?? configs.value('ssl.truststore.certificates')
  if (needsThrowaway(options, configs)) {
    if (throwaway === undefined) throw new Error('expected key and cert')
    return { key: throwaway.key, passphrase: undefined, cert: throwaway.cert, ca: ca ?? throwaway.ca }
  }
  const key = options.key ?? configs.value(KEY)
  const cert = options.cert ?? configs.value(CERTIFICATE_CHAIN)
  if (key === undefined || cert === undefined) throw new Error('expected key and cert, got one of them')
  return { key, passphrase: options.passphrase ?? configs.value('ssl.key.password'), cert, ca }
}

/** What is wrong with it is told when the cluster starts, not when the first client comes. */
function checkPem({ key, passphrase, cert, ca }: IdentityAndTrust): void {
  try {
    createSecureContext({ key, passphrase, cert, ca })
  } catch (error) {
    const { reason, code, message } = error as Error & { reason?: string; code?: string }
    throw new Error(`expected a key and certificates as PEM that go together: ${reason ?? code ?? message}`)
  }
}

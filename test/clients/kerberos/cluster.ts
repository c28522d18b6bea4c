import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import type { Kdc } from '../../helpers/security/kdc.ts'

/** The broker's principal, in the KDC's realm. */
export const SERVICE = 'kafka/localhost'
/** What sessions last: clients authenticate again at 85 % of it and later, which must be more than a second. */
export const MAX_REAUTH_MS = 1_300

export interface KerberosKeytabs {
  readonly kdc: Kdc
  /** With the service's key, and with one that it had before. */
  readonly right: string
  readonly wrong: string
}

/** A broker where clients log in by GSSAPI alone: without TLS, with it, and where the broker's keytab is a wrong one. */
export interface KerberosCluster {
  readonly plaintext: string
  readonly tls: string
  readonly wrong: string
  /** PEM of the authority that certified the broker. */
  readonly ca: string
  /** How often clients logged in on a new connection, and again on the same; undefined where nobody counts. */
  logins(): { readonly first: number; readonly again: number } | undefined
  stop(): Promise<void>
}

const LISTENERS = [
  { name: 'SASL', securityProtocol: 'SASL_PLAINTEXT' },
  { name: 'TLS', securityProtocol: 'SASL_SSL' },
  { name: 'WRONG', securityProtocol: 'SASL_PLAINTEXT' },
] as const
const CONFIG = {
  'connections.max.reauth.ms': String(MAX_REAUTH_MS),
  'group.initial.rebalance.delay.ms': '0',
}
/** Kerberos knows a service by the name of its host. */
const HOST = 'localhost'

/** In this process, which counts the logins. */
export async function startKerberosJosephk(keytabs: KerberosKeytabs): Promise<KerberosCluster> {
  const { Cluster } = await import('../../../lib/index.ts')
  process.env.KRB5_CONFIG = keytabs.kdc.configuration
  const cluster = await Cluster.start({
    listeners: LISTENERS.map((listener) => ({
      ...listener,
      saslMechanisms: ['GSSAPI'],
      kerberos: { keytab: listener.name === 'WRONG' ? keytabs.wrong : keytabs.right, principal: SERVICE },
      advertisedHost: HOST,
    })),
    config: CONFIG,
  })
  const [plaintext, tls, wrong] = cluster.brokers[0]?.listeners.map(({ address }) => address) ?? []
  return {
    plaintext: plaintext as string,
    tls: tls as string,
    wrong: wrong as string,
    ca: cluster.certificates.ca,
    logins: () => ({
      first: cluster.metrics.total('successful-authentication-total'),
      again: cluster.metrics.total('successful-reauthentication-total'),
    }),
    stop: () => cluster.stop(),
  }
}

export async function startKerberosReal({ kdc, right, wrong }: KerberosKeytabs): Promise<KerberosCluster> {
  const { ThrowawayAuthority } = await import('../../../lib/security/tls/throwaway-authority.ts')
  const authority = await ThrowawayAuthority.create()
  const server = await authority.issue({ commonName: HOST, hosts: [HOST, '127.0.0.1'] })
  const properties: Record<string, string> = {
    ...CONFIG,
    'sasl.kerberos.service.name': 'kafka',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.key': server.key,
    'ssl.keystore.certificate.chain': server.cert,
  }
  for (const { name } of LISTENERS) {
    const prefix = `listener.name.${name.toLowerCase()}`
    properties[`${prefix}.sasl.enabled.mechanisms`] = 'GSSAPI'
    // Without a login of its own at the KDC, which would find a wrong key out at the start.
    const login = keytabLogin(name === 'WRONG' ? wrong : right, SERVICE, 'isInitiator=false')
    properties[`${prefix}.gssapi.sasl.jaas.config`] = login
  }
  const kafka = await startRealKafka({
    // Brokers do not log in to themselves here.
    listeners: [{ name: 'INTERNAL', securityProtocol: 'PLAINTEXT' }, ...LISTENERS],
    advertisedHost: HOST,
    javaArguments: [`-Djava.security.krb5.conf=${kdc.configuration}`],
    properties,
  })
  const addressOf = (listener: string) => kafka.bootstrapServersOf(listener).replace('127.0.0.1', HOST)
  return {
    plaintext: addressOf('SASL'),
    tls: addressOf('TLS'),
    wrong: addressOf('WRONG'),
    ca: authority.ca,
    logins: () => undefined,
    stop: () => kafka.stop(),
  }
}

/** Java's login with a key from a file. */
export function keytabLogin(keytab: string, principal: string, ...more: string[]): string {
  const options = [
    'useKeyTab=true',
    'storeKey=true',
    `keyTab="${keytab}"`,
    `principal="${principal}"`,
    ...more,
  ]
  return `com.sun.security.auth.module.Krb5LoginModule required ${options.join(' ')};`
}

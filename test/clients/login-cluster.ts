import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import type { ClientSession, LogFields } from '../../lib/index.ts'
import { type RealKafkaOptions, startRealKafka } from '../helpers/real-kafka/real-kafka.ts'

export const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const
export type Mechanism = (typeof MECHANISMS)[number]

/** Who may log in by every mechanism. */
export const KNOWN = { name: 'alice', password: 'secret' }

export interface LoginOptions {
  /** `connections.max.reauth.ms`. Default: no limit. */
  readonly maxReauthMs?: number
  /** How long the tokens are good for that its endpoint gives, seconds. Default: an hour. */
  readonly expiresIn?: number
  /** Of Kafka's JVM, where there is one. */
  readonly jvm?: Pick<RealKafkaOptions, 'heapMegabytes' | 'javaArguments'>
}

/** What a cluster in this process knows of its clients. */
export interface LoginFigures {
  total(metric: string): number
  sessions(): readonly ClientSession[]
  /** Why it closed connections, each with its time. */
  readonly closings: readonly string[]
}

/** A cluster where clients log in by every mechanism, over TLS and without. */
export interface LoginCluster {
  readonly plain: string
  /** For clients that trust `ca`. */
  readonly tls: string
  /** The same two where tokens are believed that nobody signed. */
  readonly trusting: { readonly plain: string; readonly tls: string }
  /** PEM. */
  readonly ca: string
  readonly tokenUrl: string
  /** With one partition each. */
  createTopics(names: readonly string[]): Promise<void>
  /** From now on nobody gets a token by that name. */
  refuse(user: string): void
  /** Undefined where nobody counts. */
  readonly figures: LoginFigures | undefined
  /** The process that serves. */
  readonly pid: number | undefined
  stop(): Promise<void>
}

const UNSECURED_MODULE = 'oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker"'
const UNSECURED = `org.apache.kafka.common.security.${UNSECURED_MODULE};`
const MOST_TRIES = 100
const RETRY_MS = 200
const LISTENERS = [
  { name: 'OPEN', securityProtocol: 'PLAINTEXT' },
  { name: 'SASL', securityProtocol: 'SASL_PLAINTEXT' },
  { name: 'SECURE', securityProtocol: 'SASL_SSL' },
  { name: 'TRUSTING', securityProtocol: 'SASL_PLAINTEXT' },
  { name: 'TRUSTING_SECURE', securityProtocol: 'SASL_SSL' },
] as const

function addresses(of: (listener: string) => string): Pick<LoginCluster, 'plain' | 'tls' | 'trusting'> {
  return {
    plain: of('SASL'),
    tls: of('SECURE'),
    trusting: { plain: of('TRUSTING'), tls: of('TRUSTING_SECURE') },
  }
}

/** In this process, which counts what its clients do. */
export async function startLoginsJosephk({
  maxReauthMs = 0,
  expiresIn = 3_600,
}: LoginOptions): Promise<LoginCluster> {
  const { Cluster } = await import('../../lib/index.ts')
  const closings: string[] = []
  const note = (message: string, fields?: LogFields) => {
    if (!message.startsWith('closing the connection')) return
    closings.push(`${new Date().toISOString()} ${message} ${fields?.api ?? ''} ${fields?.connection}`)
  }
  const cluster = await Cluster.start({
    logger: { debug: () => {}, info: note, warn: note, error: note },
    listeners: LISTENERS,
    users: [KNOWN],
    oauth: { expiresIn },
    config: {
      'connections.max.reauth.ms': maxReauthMs,
      'group.initial.rebalance.delay.ms': 0,
      'listener.name.trusting.oauthbearer.sasl.jaas.config': UNSECURED,
      'listener.name.trusting_secure.oauthbearer.sasl.jaas.config': UNSECURED,
    },
  })
  const listeners = new Map(cluster.brokers[0]?.listeners.map(({ name, address }) => [name, address]))
  return {
    ...addresses((name) => listeners.get(name) as string),
    ca: cluster.certificates.ca,
    tokenUrl: cluster.oauth.tokenEndpointUrl,
    async createTopics(names) {
      for (const name of names) await cluster.createTopic(name)
    },
    refuse: (user) => cluster.oauth.refuse(user),
    figures: {
      total: (metric) => cluster.metrics.total(metric),
      sessions: () => cluster.sessions(),
      closings,
    },
    pid: process.pid,
    stop: () => cluster.stop(),
  }
}

/** Kafka, which believes the tokens of a josephk that does nothing else. */
export async function startLoginsReal({
  maxReauthMs = 0,
  expiresIn = 3_600,
  jvm = {},
}: LoginOptions): Promise<LoginCluster> {
  const { Cluster } = await import('../../lib/index.ts')
  const { ThrowawayAuthority } = await import('../../lib/security/tls/throwaway-authority.ts')
  const issuer = await Cluster.start({ users: [KNOWN], oauth: { expiresIn } })
  const authority = await ThrowawayAuthority.create()
  const server = await authority.issue({ commonName: 'localhost', hosts: ['localhost', '127.0.0.1'] })
  const { oauth } = issuer
  const properties: Record<string, string> = {
    'connections.max.reauth.ms': String(maxReauthMs),
    'group.initial.rebalance.delay.ms': '0',
    'sasl.enabled.mechanisms': MECHANISMS.join(','),
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.key': server.key,
    'ssl.keystore.certificate.chain': server.cert,
  }
  const modules: Readonly<Record<Mechanism, string>> = {
    PLAIN: `plain.PlainLoginModule required user_${KNOWN.name}="${KNOWN.password}"`,
    'SCRAM-SHA-256': 'scram.ScramLoginModule required',
    'SCRAM-SHA-512': 'scram.ScramLoginModule required',
    OAUTHBEARER: UNSECURED_MODULE,
  }
  for (const listener of LISTENERS.slice(1)) {
    const prefix = `listener.name.${listener.name.toLowerCase()}`
    for (const [mechanism, module] of Object.entries(modules)) {
      const config = `${prefix}.${mechanism.toLowerCase()}.sasl.jaas.config`
      properties[config] = `org.apache.kafka.common.security.${module};`
    }
    if (listener.name.startsWith('TRUSTING')) continue
    properties[`${prefix}.oauthbearer.sasl.server.callback.handler.class`] =
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler'
    properties[`${prefix}.sasl.oauthbearer.jwks.endpoint.url`] = oauth.jwksUrl
    properties[`${prefix}.sasl.oauthbearer.expected.issuer`] = oauth.issuer
    properties[`${prefix}.sasl.oauthbearer.allow.unverified.audience`] = 'true'
  }
  const users = MECHANISMS.filter((mechanism) => mechanism.startsWith('SCRAM-')).flatMap((mechanism) => {
    return ['--add-scram', `${mechanism}=[name=${KNOWN.name},password=${KNOWN.password}]`]
  })
  try {
    const kafka = await startRealKafka({
      ...jvm,
      listeners: LISTENERS,
      properties,
      formatArguments: users,
      javaArguments: [
        ...(jvm.javaArguments ?? []),
        `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${oauth.jwksUrl}`,
      ],
    })
    return {
      ...addresses((name) => kafka.bootstrapServersOf(name)),
      ca: authority.ca,
      tokenUrl: oauth.tokenEndpointUrl,
      createTopics: (names) => createTopics(kafka.bootstrapServersOf('OPEN'), names),
      refuse: (user) => oauth.refuse(user),
      figures: undefined,
      pid: kafka.brokers[0]?.pid,
      stop: async () => {
        await kafka.stop()
        await issuer.stop()
      },
    }
  } catch (error) {
    await issuer.stop()
    throw error
  }
}

/** And has the coordinator of groups load what it needs, for which not every client waits. */
async function createTopics(bootstrapServers: string, names: readonly string[]): Promise<void> {
  const retry = { retries: 20, initialRetryTime: 100, maxRetryTime: 1_000 }
  const admin = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING, retry }).admin()
  await admin.connect()
  try {
    const topics = names.map((topic) => ({ topic, numPartitions: 1, replicationFactor: 1 }))
    await admin.createTopics({ topics, waitForLeaders: true })
    for (const groupId of names) {
      for (let tries = 0; ; tries++) {
        try {
          await admin.fetchOffsets({ groupId })
          break
        } catch (error) {
          if (tries === MOST_TRIES) throw error
          await sleep(RETRY_MS)
        }
      }
    }
  } finally {
    await admin.disconnect()
  }
}

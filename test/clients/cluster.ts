/** Where the brokers under test come from. */
import { once } from 'node:events'
import { join } from 'node:path'
import { startRealKafka } from '../helpers/real-kafka/real-kafka.ts'
import { forEachLine, killGroup, start, tail } from './process.ts'
import { MAX_REAUTH_MS, PLAIN_USER, type SaslCluster } from './sasl.ts'
import type { TlsCluster } from './tls.ts'

/** The cluster that most jobs share. */
export interface SharedCluster {
  readonly name: string
  readonly bootstrapServers: string
  /** Its last words, for whoever looks for the cause of a failure. */
  output(): string
  stop(): Promise<void>
}

/** A cluster for one job, whose brokers can be stopped and started one by one. */
export interface ThreeBrokers {
  readonly bootstrapServers: string
  readonly brokers: readonly { readonly nodeId: number; stop(): Promise<void>; start(): Promise<void> }[]
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 30_000
const KEPT_LINES = 300

/** The line of the command line's screen that tells the address. */
const ADDRESS = /bootstrap\.servers=(\S+)/

/** So that members of consumer groups are found dead as soon as those of classic ones, who say so themselves. */
const GROUP_CONFIG = {
  'group.consumer.session.timeout.ms': '6000',
  'group.consumer.min.session.timeout.ms': '6000',
  'group.consumer.heartbeat.interval.ms': '2000',
  'group.consumer.min.heartbeat.interval.ms': '2000',
  'group.streams.session.timeout.ms': '6000',
  'group.streams.min.session.timeout.ms': '6000',
  'group.streams.heartbeat.interval.ms': '2000',
  'group.streams.min.heartbeat.interval.ms': '2000',
}

/** josephk as users start it: its command line from the built package, in a process of its own. */
export async function startCommandLine(): Promise<SharedCluster> {
  const lines: string[] = []
  const child = start(process.execPath, [
    join(import.meta.dirname, '..', '..', 'lib', 'cli.js'),
    ...['--port', '0'],
    ...Object.entries(GROUP_CONFIG).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
  ])
  const closed = once(child, 'close')
  let timer: NodeJS.Timeout | undefined
  try {
    const bootstrapServers = await new Promise<string>((resolve, reject) => {
      const onLine = (line: string) => {
        lines.push(line)
        if (lines.length > KEPT_LINES) lines.shift()
        const address = ADDRESS.exec(line)?.[1]
        if (address !== undefined) resolve(address)
      }
      forEachLine(child.stdout, onLine)
      forEachLine(child.stderr, onLine)
      child.once('error', reject)
      child.once('close', (code) => reject(new Error(`josephk ended with ${code}\n${lines.join('\n')}`)))
      timer = setTimeout(
        () => reject(new Error(`josephk printed no address in time\n${lines.join('\n')}`)),
        START_TIMEOUT_MS,
      )
    })
    return {
      name: 'josephk',
      bootstrapServers,
      output: () => tail(lines.join('\n')),
      async stop() {
        child.kill('SIGTERM')
        const kill = setTimeout(() => killGroup(child, 'SIGKILL'), 10_000)
        const [code, signal] = await closed
        clearTimeout(kill)
        if (code !== 0)
          throw new Error(`josephk did not stop in order: ${code ?? signal}\n${tail(lines.join('\n'))}`)
      },
    }
  } catch (error) {
    killGroup(child, 'SIGKILL')
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Kafka itself, to see whether a client's job is right. */
export async function startShared(): Promise<SharedCluster> {
  const kafka = await startRealKafka({ properties: GROUP_CONFIG })
  const [broker] = kafka.brokers
  return {
    name: 'real Kafka',
    bootstrapServers: kafka.bootstrapServers,
    output: () => broker?.output() ?? '',
    stop: () => kafka.stop(),
  }
}

export function given(bootstrapServers: string): SharedCluster {
  return { name: 'the given cluster', bootstrapServers, output: () => '', stop: async () => {} }
}

export function startThreeReal(): Promise<ThreeBrokers> {
  return startRealKafka({ brokers: 3, properties: { ...GROUP_CONFIG, 'min.insync.replicas': '2' } })
}

/** In this process, since nothing outside it can stop one broker of three. */
export async function startThreeJosephk(): Promise<ThreeBrokers> {
  const { Cluster } = await import('../../lib/index.ts')
  return Cluster.start({ brokers: 3, config: { ...GROUP_CONFIG, 'min.insync.replicas': 2 } })
}

/** In this process, which gets the certificates so. */
export async function startTlsJosephk(): Promise<TlsCluster> {
  const { Cluster } = await import('../../lib/index.ts')
  const cluster = await Cluster.start({
    listeners: [{ securityProtocol: 'SSL', tls: { clientAuth: 'required' } }],
    config: { 'group.initial.rebalance.delay.ms': 0 },
  })
  const { bootstrapServers, certificates } = cluster
  const client = await certificates.issue({ commonName: 'client' })
  return { bootstrapServers, ca: certificates.ca, client, stop: () => cluster.stop() }
}

/** Kafka with certificates of an authority of ours. */
export async function startTlsReal(): Promise<TlsCluster> {
  const { ThrowawayAuthority } = await import('../../lib/security/tls/throwaway-authority.ts')
  const authority = await ThrowawayAuthority.create()
  const server = await authority.issue({ commonName: 'localhost', hosts: ['localhost', '127.0.0.1'] })
  const kafka = await startRealKafka({
    listeners: [
      { name: 'INTERNAL', securityProtocol: 'PLAINTEXT' },
      { name: 'SSL', securityProtocol: 'SSL' },
    ],
    properties: {
      'ssl.client.auth': 'required',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.key': server.key,
      'ssl.keystore.certificate.chain': server.cert,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.certificates': authority.ca,
    },
  })
  return {
    bootstrapServers: kafka.bootstrapServersOf('SSL'),
    ca: authority.ca,
    client: await authority.issue({ commonName: 'client' }),
    stop: () => kafka.stop(),
  }
}

const SASL_LISTENERS = [
  { name: 'OPEN', securityProtocol: 'PLAINTEXT' },
  { name: 'SASL', securityProtocol: 'SASL_PLAINTEXT' },
] as const
const SASL_CONFIG = {
  'connections.max.reauth.ms': String(MAX_REAUTH_MS),
  'group.initial.rebalance.delay.ms': '0',
  'delegation.token.secret.key': 'the key of all tokens',
}

/** In this process, which counts the logins. */
export async function startSaslJosephk(): Promise<SaslCluster> {
  const { Cluster } = await import('../../lib/index.ts')
  const cluster = await Cluster.start({
    listeners: SASL_LISTENERS,
    users: [{ ...PLAIN_USER, mechanisms: ['PLAIN'] }],
    config: SASL_CONFIG,
  })
  const addressOf = (wanted: string) =>
    cluster.brokers[0]?.listeners.find(({ name }) => name === wanted)?.address as string
  return {
    open: addressOf('OPEN'),
    bootstrapServers: addressOf('SASL'),
    logins: () => ({
      first: cluster.metrics.total('successful-authentication-total'),
      again: cluster.metrics.total('successful-reauthentication-total'),
    }),
    stop: () => cluster.stop(),
  }
}

export async function startSaslReal(): Promise<SaslCluster> {
  const { name, password } = PLAIN_USER
  const properties: Record<string, string> = {
    ...SASL_CONFIG,
    'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
  }
  const modules = {
    plain: `plain.PlainLoginModule required user_${name}="${password}"`,
    'scram-sha-256': 'scram.ScramLoginModule required',
    'scram-sha-512': 'scram.ScramLoginModule required',
  }
  for (const [mechanism, login] of Object.entries(modules)) {
    const config = `listener.name.sasl.${mechanism}.sasl.jaas.config`
    properties[config] = `org.apache.kafka.common.security.${login};`
  }
  const kafka = await startRealKafka({ listeners: SASL_LISTENERS, properties })
  return {
    open: kafka.bootstrapServersOf('OPEN'),
    bootstrapServers: kafka.bootstrapServersOf('SASL'),
    logins: () => undefined,
    stop: () => kafka.stop(),
  }
}

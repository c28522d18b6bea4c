import { OptionError } from './check-options.ts'
import { isAuthorizerConfig } from './cluster-authorization.ts'
import { brokerConfigKeyOfType } from './metadata/configs/broker-configs.ts'
import type { SecurityProtocol } from './metadata/records.ts'
import type { BrokerOptions, ClusterOptions, ConfigOptions, ListenerOptions } from './options.ts'
import { speaksTls } from './security/tls/tls-settings.ts'

/** A listener of which only a free port may be left open. */
export interface ListenerLayout extends ListenerOptions {
  readonly name: string
  readonly securityProtocol: SecurityProtocol
  readonly host: string
}

/** A broker as the options lay it out, nothing left open but free ports. */
export interface BrokerLayout {
  readonly nodeId: number
  readonly rack: string | null
  readonly listeners: readonly ListenerLayout[]
  readonly config: ConfigOptions
}

const HIGHEST_PORT = 65_535
const DEFAULT_HOST = '127.0.0.1'
const SASL_OPTIONS = [
  'saslMechanisms',
  'kerberos',
  'earlyNegotiation',
  'preauth',
  'preauthUser',
  'reauth',
  'principalChange',
] as const

/**
 * The brokers that the options ask for.
 * @throws OptionError when ids, listener names or ports cannot go together
 */
export function layOutBrokers(options: ClusterOptions): BrokerLayout[] {
  const brokers = typeof options.brokers === 'object' ? options.brokers : emptyBrokers(options.brokers ?? 1)
  const layouts: BrokerLayout[] = []
  const memoryPorts = { next: 1 }
  for (const [index, broker] of brokers.entries()) {
    const nodeId = broker.nodeId ?? (layouts.at(-1)?.nodeId ?? -1) + 1
    if (layouts.some((other) => other.nodeId === nodeId)) {
      throw new OptionError(
        `option brokers[${index}].nodeId: expected an id that no other broker has, got ${nodeId}`,
      )
    }
    const listeners = listenersOf(broker, options, index).map((listener) =>
      withMemoryPort(listener, memoryPorts),
    )
    layouts.push({ nodeId, rack: broker.rack ?? null, listeners, config: broker.config ?? {} })
  }
  return layouts
}

function emptyBrokers(count: number): BrokerOptions[] {
  return Array.from({ length: count }, () => ({}))
}

function listenersOf(
  broker: BrokerOptions,
  options: ClusterOptions,
  index: number,
): readonly ListenerLayout[] {
  const own = (broker.listeners ?? options.listeners ?? [{}]).map((listener) => complete(listener, options))
  const where = broker.listeners ? `brokers[${index}].listeners` : 'listeners'
  for (const [at, listener] of own.entries()) checkTransport(listener, `${where}[${at}]`)
  const names = own.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) {
    throw new OptionError(`option ${where}: expected listeners of different names, got '${twice}' twice`)
  }
  for (const option of SASL_OPTIONS) {
    const idle = own.findIndex((listener) => {
      return listener[option] !== undefined && !listener.securityProtocol.startsWith('SASL_')
    })
    if (idle < 0) continue
    throw new OptionError(
      `option ${where}[${idle}].${option}: expected securityProtocol 'SASL_PLAINTEXT' or 'SASL_SSL' beside it`,
    )
  }
  // The first listener takes the cluster's port where it has none of its own.
  return own.map((listener, at) => {
    return listener.port === undefined && at === 0
      ? { ...listener, port: consecutivePort(options.port, index) }
      : listener
  })
}

/** Where is listened that does not say. */
export function hostOf(options: ClusterOptions): string {
  return options.host ?? DEFAULT_HOST
}

/** The one place that knows what is meant where a listener does not say. */
function complete(listener: ListenerOptions, options: ClusterOptions): ListenerLayout {
  const securityProtocol = listener.securityProtocol ?? 'PLAINTEXT'
  const host = listener.host ?? hostOf(options)
  return { ...listener, name: listener.name ?? securityProtocol, securityProtocol, host }
}

/** @throws OptionError */
function checkTransport({ tls, securityProtocol, transport }: ListenerLayout, where: string): void {
  if (speaksTls(securityProtocol)) {
    if (transport === 'memory') throw new OptionError(`option ${where}.transport: expected 'tcp' beside TLS`)
  } else if (tls !== undefined) {
    throw new OptionError(`option ${where}.tls: expected securityProtocol 'SSL' or 'SASL_SSL' beside it`)
  }
}

function consecutivePort(first: number | undefined, index: number): number {
  if (!first) return 0
  if (first + index > HIGHEST_PORT) {
    throw new OptionError(
      `option port: expected room for a port for each broker below ${HIGHEST_PORT}, got ${first}`,
    )
  }
  return first + index
}

/** What has no socket still needs an address that clients can tell from others. */
function withMemoryPort(listener: ListenerLayout, ports: { next: number }): ListenerLayout {
  if (listener.transport !== 'memory' || listener.port) return listener
  return { ...listener, port: ports.next++ }
}

/** What Kafka's brokers have one value of for each mechanism of a listener. */
const OF_A_MECHANISM = /^listener\.name\.[^.]+\.[a-z0-9-]+\.(sasl\..+)$/

/**
 * Broker configs as Kafka would read them from server.properties.
 * @throws OptionError for a name that Kafka's brokers do not have
 */
export function readConfigs(option: string, configs: ConfigOptions = {}): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(configs).map(([name, value]) => {
      const base = OF_A_MECHANISM.exec(name)?.[1] ?? name
      if (!brokerConfigKeyOfType(name) && !brokerConfigKeyOfType(base) && !isAuthorizerConfig(name)) {
        throw new OptionError(`option ${option}: expected names of Kafka's broker configs, got '${name}'`)
      }
      return [name, String(value)]
    }),
  )
}

/** Kafka's defaults for its internal topics want three brokers; a smaller cluster would not get its first group going. */
export function configsForSize(brokers: number): ReadonlyMap<string, string> {
  const replicas = String(Math.min(3, brokers))
  const inSync = String(Math.min(2, brokers))
  return new Map([
    ['offsets.topic.replication.factor', replicas],
    ['transaction.state.log.replication.factor', replicas],
    ['transaction.state.log.min.isr', inSync],
    ['share.coordinator.state.topic.replication.factor', replicas],
    ['share.coordinator.state.topic.min.isr', inSync],
  ])
}

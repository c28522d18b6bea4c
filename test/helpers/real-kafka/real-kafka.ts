import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { realKafkaClasspath } from './classpath.ts'
import { Jvm } from './jvm.ts'

/** A listener that every broker has, on a free port of its own at 127.0.0.1. */
export interface RealKafkaListener {
  /** As in `listeners`, upper case. */
  name: string
  /** PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. */
  securityProtocol: string
}

export interface RealKafkaOptions {
  /** A pom.xml with another Kafka, from the repository's root. Default: the newest one. */
  pom?: string
  /** How many brokers; node ids count from 1 and node 1 is the controller too. Default 1. */
  brokers?: number
  /** Default: one, PLAINTEXT. The first one also carries traffic between the brokers. */
  listeners?: readonly RealKafkaListener[]
  /** What clients are told to connect to, which Kerberos knows a service by. Default: 127.0.0.1. */
  advertisedHost?: string
  /** server.properties that are added to, or (null) taken from, the small set written by default. */
  properties?: Readonly<Record<string, string | null>>
  /** The same for one broker only; asked after `properties`. */
  brokerProperties?: (nodeId: number) => Readonly<Record<string, string | null>>
  /** Further arguments of `StorageTool format`, such as `--add-scram` or `--feature`. */
  formatArguments?: readonly string[]
  /** Further arguments of the broker's JVM, such as `-Djava.security.auth.login.config=`. */
  javaArguments?: readonly string[]
  /** Megabytes for each broker. Default 512. */
  heapMegabytes?: number
  /** log4j level of everything. Default WARN. */
  logLevel?: string
  /** Gets each line that a broker writes. */
  onLine?: (nodeId: number, line: string) => void
  /** How long the brokers may take. Default 90,000 ms. */
  timeoutMs?: number
}

export interface RealBroker {
  readonly nodeId: number
  /** `host:port` of each listener, by its name. */
  readonly addresses: Readonly<Record<string, string>>
  /** Its server.properties. */
  readonly properties: Readonly<Record<string, string>>
  /** Of its JVM, while it runs. */
  readonly pid: number | undefined
  /** Orderly, or with `kill` as a power cut would. */
  stop(how?: 'orderly' | 'kill'): Promise<void>
  /** Again, with the data and the ports it had. */
  start(): Promise<void>
  /** The last lines it wrote. */
  output(): string
}

export interface RealKafka extends AsyncDisposable {
  /** Every broker's address on the first listener. */
  readonly bootstrapServers: string
  readonly brokers: readonly RealBroker[]
  readonly clusterId: string
  /** The same for the listener of that name. */
  bootstrapServersOf(listener: string): string
  /** Kills every process and removes every file. */
  stop(): Promise<void>
}

const CONTROLLER = 'CONTROLLER'
const QUICK_START = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Xshare:auto',
  '-Djava.awt.headless=true',
]

/**
 * Starts Kafka itself (KRaft; the version is the pom's) from Maven's jars, for tests that ask it what is right. Resolves when
 * every broker is unfenced. Data lies in the system's temporary directory.
 */
export async function startRealKafka(options: RealKafkaOptions = {}): Promise<RealKafka> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options)
    } catch (error) {
      // Between our finding a free port and the broker's binding it, somebody else may have taken it.
      if (attempt === 3 || !/BindException|Address already in use/.test(String(error))) throw error
    }
  }
}

async function startOnce(options: RealKafkaOptions): Promise<RealKafka> {
  const directory = mkdtempSync(join(tmpdir(), 'josephk-real-kafka-'))
  const listeners = options.listeners ?? [{ name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT' }]
  const count = options.brokers ?? 1
  const ports = await freePorts(1 + count * listeners.length)
  const controllerPort = ports[0] as number
  // Kafka, too, makes no ids that begin with a dash: the command line would take them for an option.
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A')
  const classpath = realKafkaClasspath(options.pom)
  const log4j = join(directory, 'log4j2.properties')
  writeFileSync(log4j, loggingProperties(options.logLevel ?? 'WARN'))

  const brokers: BrokerProcess[] = []
  for (let index = 0; index < count; index++) {
    const own = ports.slice(1 + index * listeners.length, 1 + (index + 1) * listeners.length)
    brokers.push(
      new BrokerProcess(
        index + 1,
        directory,
        listeners,
        own,
        controllerPort,
        classpath,
        log4j,
        count,
        options,
      ),
    )
  }
  const stop = async () => {
    await Promise.all(brokers.map((broker) => broker.stop('kill')))
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  }
  try {
    await Promise.all(brokers.map((broker) => broker.format(clusterId)))
    await Promise.all(brokers.map((broker) => broker.start()))
  } catch (error) {
    await stop()
    throw error
  }
  const bootstrapServersOf = (name: string) => {
    if (!listeners.some((listener) => listener.name === name)) throw new Error(`no listener ${name}`)
    return brokers.map((broker) => broker.addresses[name]).join(',')
  }
  const first = (listeners[0] as RealKafkaListener).name
  return {
    bootstrapServers: bootstrapServersOf(first),
    brokers,
    clusterId,
    bootstrapServersOf,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

class BrokerProcess implements RealBroker {
  readonly nodeId: number
  readonly addresses: Readonly<Record<string, string>>
  readonly properties: Readonly<Record<string, string>>
  #command: (main: string, heapMegabytes: number, rest: readonly string[]) => string[]
  #propertiesFile: string
  #options: RealKafkaOptions
  #jvm: Jvm | undefined

  constructor(
    nodeId: number,
    directory: string,
    listeners: readonly RealKafkaListener[],
    ports: readonly number[],
    controllerPort: number,
    classpath: string,
    log4j: string,
    count: number,
    options: RealKafkaOptions,
  ) {
    this.nodeId = nodeId
    this.#options = options
    this.addresses = Object.fromEntries(
      listeners.map((listener, index) => [listener.name, `127.0.0.1:${ports[index]}`]),
    )
    const isController = nodeId === 1
    const bound = listeners.map((listener) => `${listener.name}://${this.addresses[listener.name]}`)
    const told = (listener: RealKafkaListener) =>
      this.addresses[listener.name]?.replace('127.0.0.1', options.advertisedHost ?? '127.0.0.1')
    const replication = String(Math.min(3, count))
    const given: Record<string, string | null> = {
      'process.roles': isController ? 'broker,controller' : 'broker',
      'node.id': String(nodeId),
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      'controller.listener.names': CONTROLLER,
      listeners: [...bound, ...(isController ? [`${CONTROLLER}://127.0.0.1:${controllerPort}`] : [])].join(
        ',',
      ),
      'advertised.listeners': listeners.map((each) => `${each.name}://${told(each)}`).join(','),
      'listener.security.protocol.map': [
        `${CONTROLLER}:PLAINTEXT`,
        ...listeners.map((listener) => `${listener.name}:${listener.securityProtocol}`),
      ].join(','),
      'inter.broker.listener.name': (listeners[0] as RealKafkaListener).name,
      'log.dirs': join(directory, `data-${nodeId}`),
      'offsets.topic.replication.factor': replication,
      'transaction.state.log.replication.factor': replication,
      'transaction.state.log.min.isr': '1',
      'share.coordinator.state.topic.replication.factor': replication,
      'share.coordinator.state.topic.min.isr': '1',
      ...options.properties,
      ...options.brokerProperties?.(nodeId),
    }
    this.properties = Object.fromEntries(
      Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== null),
    )
    this.#propertiesFile = join(directory, `server-${nodeId}.properties`)
    writeFileSync(this.#propertiesFile, propertiesText(this.properties))
    this.#command = (main, heapMegabytes, rest) => [
      'java',
      ...QUICK_START,
      `-Xmx${heapMegabytes}m`,
      `-Dlog4j2.configurationFile=${log4j}`,
      ...(options.javaArguments ?? []),
      '-cp',
      classpath,
      main,
      ...rest,
    ]
  }

  async format(clusterId: string): Promise<void> {
    const more = this.#options.formatArguments ?? []
    const rest = ['format', '--cluster-id', clusterId, '--config', this.#propertiesFile, ...more]
    const jvm = new Jvm(this.#command('kafka.tools.StorageTool', 128, rest), this.#onLine)
    const status = await jvm.exited
    if (status !== 0) throw new Error(`StorageTool format ended with status ${status}\n${jvm.output()}`)
  }

  async start(): Promise<void> {
    if (this.#jvm !== undefined) throw new Error(`broker ${this.nodeId} runs already`)
    const heap = this.#options.heapMegabytes ?? 512
    const jvm = new Jvm(this.#command('kafka.Kafka', heap, [this.#propertiesFile]), this.#onLine)
    this.#jvm = jvm
    await jvm.line(/Kafka Server started/, this.#options.timeoutMs ?? 90_000)
  }

  async stop(how: 'orderly' | 'kill' = 'orderly'): Promise<void> {
    const jvm = this.#jvm
    this.#jvm = undefined
    await (how === 'kill' ? jvm?.kill() : jvm?.stop())
  }

  get pid(): number | undefined {
    return this.#jvm?.pid
  }

  output(): string {
    return this.#jvm?.output() ?? ''
  }

  #onLine = (line: string): void => this.#options.onLine?.(this.nodeId, line)
}

/** Java reads a backslash in a value as an escape. */
function propertiesText(properties: Readonly<Record<string, string>>): string {
  const escaped = (value: string) => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${escaped(value)}\n`)
    .join('')
}

/** The one INFO line that is always wanted is the broker's word that it has started. */
function loggingProperties(level: string): string {
  return [
    'appender.out.type=Console',
    'appender.out.name=OUT',
    'appender.out.layout.type=PatternLayout',
    'appender.out.layout.pattern=[%d] %p %m (%c)%n',
    `rootLogger.level=${level}`,
    'rootLogger.appenderRef.out.ref=OUT',
    'logger.started.name=kafka.server.KafkaRaftServer',
    'logger.started.level=INFO',
    '',
  ].join('\n')
}

/** All are held open until the last is found, so that no two are the same. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer()
          server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

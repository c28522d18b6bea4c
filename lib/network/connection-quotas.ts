import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Clock } from '../lab/clock.ts'
import type { ResolvedBrokerConfig } from '../metadata/configs/resolve.ts'
import type { Metadata } from '../metadata/metadata.ts'
import type { MetricSource, MetricTags } from '../metrics/metrics.ts'
import { Sampled } from '../metrics/sampled.ts'
import type { QuotaWindows } from '../quotas/rate-quota.ts'
import { throttleTimeMs, WindowedRate } from '../quotas/windowed-rate.ts'
import { listenerConfig } from '../security/listener-config.ts'
import { hostText } from './host-text.ts'

export interface ConnectionQuotasOptions {
  readonly clock: Clock
  readonly metadata: Metadata
  readonly config: () => ResolvedBrokerConfig
  readonly windows: QuotaWindows
  /** The broker's listeners, by their names. */
  readonly listeners: readonly string[]
}

interface ListenerSensors {
  readonly rate: WindowedRate
  readonly throttleTime: Sampled
  readonly addressThrottleTime: Sampled
}

interface AddressSensor {
  readonly rate: WindowedRate
  lastUsedAt: number
}

const RATE = 'max.connection.creation.rate'
const QUOTA = 'connection_creation_rate'
const NO_LIMIT = 2 ** 31 - 1
const EXPIRATION_MS = 3_600_000

/** How many connections one broker takes in a second: from an address, on a listener, and in all (KIP-612, `ConnectionQuotas`). */
export class ConnectionQuotas {
  readonly #options: ConnectionQuotasOptions
  readonly #rate: WindowedRate
  readonly #listeners = new Map<string, ListenerSensors>()
  readonly #addresses = new Map<string, AddressSensor>()
  #limits = new Map<string, number>()
  #defaultLimit = NO_LIMIT

  constructor(options: ConnectionQuotasOptions) {
    this.#options = options
    this.#rate = this.#newRate()
    const { clock, listeners, metadata } = options
    for (const name of listeners) {
      const [throttleTime, addressThrottleTime] = [new Sampled(clock), new Sampled(clock)]
      this.#listeners.set(name, { rate: this.#newRate(), throttleTime, addressThrottleTime })
    }
    metadata.subscribe((records) => {
      if (records.some((record) => record.type === 'ClientQuotaRecord' && record.key === QUOTA))
        this.#update()
    })
    this.#update()
  }

  /** A connection has come. @returns how long it waits before the listener serves it, and takes the next one */
  arrived(listener: string): number {
    const now = this.#now
    const { rate, throttleTime } = this.#sensorsOf(listener)
    const { config, originals } = this.#options.config()
    let waitMs = 0
    if (!this.#isProtected(listener)) waitMs = this.#record(this.#rate, config.maxConnectionCreationRate, now)
    const limit = listenerConfig(originals, RATE, listener).value as number
    waitMs = Math.max(waitMs, this.#record(rate, limit, now))
    if (waitMs > 0) throttleTime.record(waitMs)
    return waitMs
  }

  /** It is about to be served. @returns after which time it is closed instead, because its address has had too many; else 0 */
  refusedMs(listener: string, host: string): number {
    const limit = this.#limits.get(host) ?? this.#defaultLimit
    if (limit === NO_LIMIT) return 0
    const now = this.#now
    const address = this.#addressOf(host, now)
    const waitMs = this.#record(address.rate, limit, now)
    if (waitMs === 0) return 0
    const sensors = this.#sensorsOf(listener)
    address.rate.record(-1, now)
    sensors.rate.record(-1, now)
    if (!this.#isProtected(listener)) this.#rate.record(-1, now)
    sensors.addressThrottleTime.record(waitMs)
    return waitMs
  }

  *metrics(broker: MetricTags): Generator<MetricSource> {
    const now = this.#now
    yield source('broker-connection-accept-rate', broker, () => this.#rate.rate(now))
    for (const [listener, { rate, throttleTime, addressThrottleTime }] of this.#listeners) {
      const tags = { ...broker, listener }
      yield source('connection-accept-rate', tags, () => rate.rate(now))
      yield source('connection-accept-throttle-time', tags, () => throttleTime.average)
      yield source('ip-connection-accept-throttle-time', tags, () => addressThrottleTime.average)
    }
    this.#forgetOld(now)
    for (const [ip, { rate }] of this.#addresses) {
      yield source('connection-accept-rate', { ...broker, ip }, () => rate.rate(now))
    }
  }

  get #now(): number {
    return Math.floor(this.#options.clock.monotonic())
  }

  #newRate(): WindowedRate {
    const { count, seconds } = this.#options.windows
    return new WindowedRate(count, seconds * 1000)
  }

  /** What brokers reach each other by is only limited by itself, where clients have others. */
  #isProtected(listener: string): boolean {
    const { interBrokerListenerName, securityInterBrokerProtocol } = this.#options.config().config
    return this.#listeners.size > 1 && listener === (interBrokerListenerName ?? securityInterBrokerProtocol)
  }

  #record(rate: WindowedRate, limit: number, now: number): number {
    rate.record(1, now)
    return Math.min(throttleTimeMs(rate, limit, now), this.#options.windows.seconds * 1000)
  }

  #sensorsOf(listener: string): ListenerSensors {
    return this.#listeners.get(listener) as ListenerSensors
  }

  #addressOf(host: string, now: number): AddressSensor {
    let address = this.#addresses.get(host)
    if (address === undefined) {
      this.#forgetOld(now)
      address = { rate: this.#newRate(), lastUsedAt: now }
      this.#addresses.set(host, address)
    }
    address.lastUsedAt = now
    return address
  }

  #forgetOld(now: number): void {
    for (const [host, { lastUsedAt }] of this.#addresses) {
      if (now - lastUsedAt > EXPIRATION_MS) this.#addresses.delete(host)
    }
  }

  #update(): void {
    const limits = new Map<string, number>()
    this.#limits = limits
    this.#defaultLimit = NO_LIMIT
    for (const { entity, quotas } of this.#options.metadata.image.clientQuotas.values()) {
      const [part] = entity
      const limit = quotas.get(QUOTA)
      if (part?.entityType !== 'ip' || limit === undefined) continue
      const { entityName: name } = part
      if (name === null) this.#defaultLimit = Math.trunc(limit)
      else if (isIP(name) !== 0) limits.set(hostText(name), Math.trunc(limit))
      else {
        // As Java does, the address is looked up once.
        lookup(name, { verbatim: false }).then(
          ({ address }) => limits.set(hostText(address), Math.trunc(limit)),
          () => {},
        )
      }
    }
  }
}

function source(name: string, tags: MetricTags, read: () => number): MetricSource {
  return { domain: 'kafka.server', group: 'socket-server-metrics', name, tags, read }
}

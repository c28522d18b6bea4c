import type { Clock } from '../lab/clock.ts'
import type { Metrics, MetricTags } from '../metrics/metrics.ts'
import { Meter, Sampled } from '../metrics/sampled.ts'

const SERVER = 'kafka.server'
const GROUP = 'socket-server-metrics'

/** What one listener of a broker counts of its clients' authentications (KIP-368; `Selector.SelectorMetrics`). */
export class AuthenticationMetrics {
  expiredConnectionsKilled = 0
  readonly #successful: Meter
  readonly #failed: Meter
  readonly #reauthenticated: Meter
  readonly #failedAgain: Meter
  readonly #latency: Sampled
  #withoutReauthentication = 0

  constructor(clock: Clock) {
    this.#successful = new Meter(clock)
    this.#failed = new Meter(clock)
    this.#reauthenticated = new Meter(clock)
    this.#failedAgain = new Meter(clock)
    this.#latency = new Sampled(clock)
  }

  /** @param canReauthenticate whether the client can be told when its session ends */
  succeeded(canReauthenticate: boolean): void {
    this.#successful.record()
    if (!canReauthenticate) this.#withoutReauthentication++
  }

  reauthenticated(latencyMs: number): void {
    this.#reauthenticated.record()
    // Kafka counts what took some time, however little, as a millisecond.
    this.#latency.record(Math.ceil(latencyMs))
  }

  failed(isReauthentication: boolean): void {
    if (isReauthentication) this.#failedAgain.record()
    else this.#failed.record()
  }

  register(metrics: Metrics, tags: MetricTags): void {
    metrics.register(SERVER, GROUP, tags, {
      ...named('successful-authentication', this.#successful),
      'successful-authentication-no-reauth-total': () => this.#withoutReauthentication,
      ...named('failed-authentication', this.#failed),
      ...named('successful-reauthentication', this.#reauthenticated),
      ...named('failed-reauthentication', this.#failedAgain),
      'reauthentication-latency-avg': () => this.#latency.average,
      'reauthentication-latency-max': () => this.#latency.max,
      'expired-connections-killed-count': () => this.expiredConnectionsKilled,
    })
  }
}

function named(name: string, meter: Meter): Record<string, () => number> {
  return { [`${name}-rate`]: () => meter.rate, [`${name}-total`]: () => meter.total }
}

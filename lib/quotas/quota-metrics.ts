import type { Clock } from '../lab/clock.ts'
import type { MetricSource, Metrics, MetricTags } from '../metrics/metrics.ts'
import type { BrokerQuotas } from './broker-quotas.ts'
import type { MutationQuotas } from './mutation-quotas.ts'
import type { RateQuota } from './rate-quota.ts'

type Reads = Readonly<Record<string, () => number>>

const DOMAIN = 'kafka.server'

/** What one broker's quotas measure, by Kafka's names: of each client as long as it has been there in the last hour. */
export function followQuotas(metrics: Metrics, quotas: BrokerQuotas, nodeId: number, clock: Clock): void {
  const broker = { broker: String(nodeId) }
  metrics.follow(function* () {
    const now = Math.floor(clock.monotonic())
    yield* ratesOf(quotas.produce, 'Produce', 'byte-rate', broker, now)
    yield* ratesOf(quotas.fetch, 'Fetch', 'byte-rate', broker, now)
    yield* ratesOf(quotas.request, 'Request', 'request-time', broker, now)
    yield* sources('Request', broker, { 'exempt-request-time': () => quotas.exempt.rate(now) })
  })
}

/** The same of the controller's. */
export function followMutations(metrics: Metrics, { sensors }: MutationQuotas, clock: Clock): void {
  metrics.follow(function* () {
    const now = Math.floor(clock.monotonic())
    for (const { tags, limit, bucket, rate } of sensors.all(now)) {
      yield* sources(
        'ControllerMutation',
        { ...tags },
        {
          tokens: () => bucket.tokens(limit, now),
          'mutation-rate': () => rate.rate(now),
        },
      )
    }
  })
}

function* ratesOf(
  { sensors, queue }: RateQuota,
  group: string,
  rateName: string,
  broker: MetricTags,
  now: number,
): Generator<MetricSource> {
  yield* sources(group, broker, { 'queue-size': () => queue.size(now) })
  for (const { tags, rate, throttleTime } of sensors.all(now)) {
    yield* sources(
      group,
      { ...broker, ...tags },
      {
        [rateName]: () => rate.rate(now),
        'throttle-time': () => throttleTime.average,
      },
    )
  }
}

function sources(group: string, tags: MetricTags, reads: Reads): MetricSource[] {
  return Object.entries(reads).map(([name, read]) => ({ domain: DOMAIN, group, name, tags, read }))
}

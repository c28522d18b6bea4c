import type { Clock } from '../lab/clock.ts'
import { Sampled } from '../metrics/sampled.ts'
import type { Principal } from '../security/principal.ts'
import type { QuotaLimits, QuotaTags } from './quota-limits.ts'

/** Who makes a request, as far as quotas go. */
export interface QuotaClient {
  readonly session: { readonly principal: Principal }
  readonly clientId: string | null
}

/** What those who share tags have had. */
export interface QuotaSensor {
  readonly tags: QuotaTags
  /** How long they were told to wait. */
  readonly throttleTime: Sampled
  limit: number
  lastUsedAt: number
}

/** After this time without use a sensor is forgotten (`ClientQuotaManager.InactiveSensorExpirationTimeSeconds`). */
const EXPIRATION_MS = 3_600_000

interface Resolved<S> {
  readonly principal: Principal
  readonly clientId: string | null
  readonly sensor: S
}

/** The sensors of one quota on one broker, and whose is which (`ClientQuotaManager.getOrCreateQuotaSensors`). */
export class QuotaSensors<S extends QuotaSensor> {
  readonly #limits: QuotaLimits
  readonly #clock: Clock
  readonly #make: (base: QuotaSensor) => S
  readonly #byTags = new Map<string, S>()
  /** By session: the last that was found for it. */
  #resolved = new WeakMap<object, Resolved<S>>()

  constructor(limits: QuotaLimits, clock: Clock, make: (base: QuotaSensor) => S) {
    this.#limits = limits
    this.#clock = clock
    this.#make = make
    limits.onChange(() => {
      this.#resolved = new WeakMap()
      for (const sensor of this.#byTags.values()) sensor.limit = limits.limitOf(sensor.tags)
    })
  }

  /** Where it is not, nobody is to be counted. */
  get isEnabled(): boolean {
    return this.#limits.isEnabled
  }

  of({ session, clientId }: QuotaClient, now: number): S {
    const known = this.#resolved.get(session)
    const { principal } = session
    if (known !== undefined && known.principal === principal && known.clientId === clientId) {
      known.sensor.lastUsedAt = now
      return known.sensor
    }
    // Kafka takes a client without an id for one whose id is empty.
    const tags = this.#limits.tagsOf(principal.name, clientId ?? '')
    const key = `${tags.user}:${tags['client-id']}`
    let sensor = this.#byTags.get(key)
    if (sensor === undefined) {
      this.#forgetOld(now)
      const throttleTime = new Sampled(this.#clock)
      sensor = this.#make({ tags, throttleTime, limit: this.#limits.limitOf(tags), lastUsedAt: now })
      this.#byTags.set(key, sensor)
    }
    sensor.lastUsedAt = now
    this.#resolved.set(session, { principal, clientId, sensor })
    return sensor
  }

  /** All that were in use of late. */
  all(now: number): Iterable<S> {
    this.#forgetOld(now)
    return this.#byTags.values()
  }

  /** The broker starts anew. */
  clear(): void {
    this.#resolved = new WeakMap()
    this.#byTags.clear()
  }

  #forgetOld(now: number): void {
    for (const [key, { lastUsedAt }] of this.#byTags) {
      if (now - lastUsedAt <= EXPIRATION_MS) continue
      this.#byTags.delete(key)
      this.#resolved = new WeakMap()
    }
  }
}

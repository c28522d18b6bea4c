import { type CryptoKey, errors, type JSONWebKeySet, type JWSHeaderParameters } from 'jose'
import type { Clock, Timer } from '../../lab/clock.ts'
import type { Logger } from '../../lab/logger.ts'
import { type JwksSource, type KeyOf, keyChooser } from './jwks-source.ts'

/** How often keys are fetched; all in milliseconds, by Kafka's names. */
export interface JwksEndpointSettings {
  /** `sasl.oauthbearer.jwks.endpoint.url`, http or https. */
  readonly url: string
  /** `sasl.oauthbearer.jwks.endpoint.refresh.ms`. */
  readonly refreshMs: number
  /** `sasl.oauthbearer.jwks.endpoint.retry.backoff.ms`. */
  readonly retryBackoffMs: number
  /** `sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms`. */
  readonly retryBackoffMaxMs: number
}

/** For one attempt, on the network's own time. */
const FETCH_TIMEOUT_MS = 20_000
/** A key that was missed is not asked for again before this has passed (`RefreshingHttpsJwks`). */
const MISSING_KEY_MS = 60_000
const MISSING_KEYS_KEPT = 16
const LONGEST_KEY_ID = 1_000

/**
 * Keys behind a URL, fetched at the start, from time to time, and when a token names one that is not among them: that token
 * is refused, the next one with that key will find it (`RefreshingHttpsJwks`).
 */
export class JwksEndpoint implements JwksSource {
  readonly #settings: JwksEndpointSettings
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #closing = new AbortController()
  /** Key ids, the one that was missed last at the end, with when each may be asked for again. */
  readonly #missing = new Map<string, number>()
  #keyOf: KeyOf | undefined
  #refreshing = false
  #regular: Timer | undefined
  #retry: Timer | undefined

  constructor(settings: JwksEndpointSettings, clock: Clock, logger: Logger) {
    this.#settings = settings
    this.#clock = clock
    this.#logger = logger
  }

  async start(): Promise<void> {
    await this.#fetch()
    this.#refreshLater()
  }

  async keyOf(header: JWSHeaderParameters): Promise<CryptoKey> {
    try {
      return await (this.#keyOf as KeyOf)(header)
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey && header.kid !== undefined) this.#miss(header.kid)
      throw error
    }
  }

  close(): void {
    this.#closing.abort()
    this.#regular?.cancel()
    this.#retry?.cancel()
  }

  #refreshLater(): void {
    this.#regular = this.#clock.setTimer(this.#settings.refreshMs, () => {
      this.#refresh()
      this.#refreshLater()
    })
  }

  #miss(kid: string): void {
    const now = this.#clock.monotonic()
    const again = this.#missing.get(kid)
    if (kid.length > LONGEST_KEY_ID || (again !== undefined && again > now)) return
    this.#missing.delete(kid)
    this.#missing.set(kid, now + MISSING_KEY_MS)
    const [oldest] = this.#missing.keys()
    if (this.#missing.size > MISSING_KEYS_KEPT && oldest !== undefined) this.#missing.delete(oldest)
    this.#refresh()
  }

  /** One at a time; the keys there are stay until others have come. */
  #refresh(): void {
    if (this.#refreshing) return
    this.#refreshing = true
    this.#attempt(this.#settings.retryBackoffMs, this.#clock.monotonic() + this.#settings.retryBackoffMaxMs)
  }

  #attempt(backoffMs: number, until: number): void {
    const done = () => {
      this.#refreshing = false
    }
    this.#fetch().then(done, (error) => {
      if (this.#closing.signal.aborted) return
      const waitMs = Math.min(backoffMs, until - this.#clock.monotonic())
      this.#logger.warn('the keys of tokens cannot be had', { url: this.#settings.url, error })
      if (waitMs <= 0) done()
      else this.#retry = this.#clock.setTimer(waitMs, () => this.#attempt(backoffMs * 2, until))
    })
  }

  async #fetch(): Promise<void> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)])
    const response = await fetch(this.#settings.url, { signal })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw new Error(`HTTP status ${response.status}`)
    }
    const jwks = (await response.json()) as JSONWebKeySet
    this.#keyOf = keyChooser(jwks)
    for (const { kid } of jwks.keys) if (kid !== undefined) this.#missing.delete(kid)
    this.#logger.debug('the keys of tokens are fetched', { url: this.#settings.url, keys: jwks.keys.length })
  }
}

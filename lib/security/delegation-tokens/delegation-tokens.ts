import { createHmac, timingSafeEqual } from 'node:crypto'
import { ErrorCode } from '../../../protocol/errors.ts'
import type { Clock, Timer } from '../../lab/clock.ts'
import { type Random, randomUuid } from '../../lab/random.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { EffectiveConfigs } from '../../metadata/effective-configs.ts'
import { hidden } from '../../metadata/hidden.ts'
import type { Metadata } from '../../metadata/metadata.ts'
import type { DelegationTokenRecord } from '../../metadata/records.ts'
import { type Principal, parsePrincipal, principalText } from '../principal.ts'
import {
  LEAST_ITERATIONS,
  SCRAM_MECHANISMS,
  type ScramCredential,
  type ScramMechanismName,
  saltedPassword,
  scramCredential,
} from '../scram/formatter.ts'

/** A token as its record has it, without what only its owner should know. */
export type TokenInformation = Omit<DelegationTokenRecord, 'type'>

/** What somebody asks for who wants a token. */
export interface TokenWish {
  readonly owner: Principal
  readonly requester: Principal
  readonly renewers: readonly Principal[]
  /** 0 or less: as long as `delegation.token.max.lifetime.ms` allows. */
  readonly maxLifetimeMs: number
}

/** Whom a token's SCRAM exchange lets in, and until when. */
export interface TokenLogin {
  readonly credential: ScramCredential
  readonly ownerName: string
  readonly expiresAt: number
}

interface TokenSettings {
  readonly metadata: Metadata
  readonly configs: EffectiveConfigs
  readonly clock: Clock
  readonly random: Random
}

const SALT_BYTES = 16

/**
 * The delegation tokens of a cluster (KIP-48, KIP-373; `DelegationTokenControlManager`): short-lived credentials that
 * clients get once they have logged in, and hand to others. They are there where `delegation.token.secret.key` is set.
 */
export class DelegationTokens {
  readonly #settings: TokenSettings
  /** Made at the first login of a token, and again when it was changed, as its record is another then. */
  readonly #credentials = new WeakMap<DelegationTokenRecord, Map<ScramMechanismName, ScramCredential>>()
  #sweep: Timer | undefined

  constructor(settings: TokenSettings) {
    this.#settings = settings
    if (this.isEnabled) this.#scheduleSweep()
  }

  get isEnabled(): boolean {
    return this.#secretKey !== ''
  }

  /** Those there are, expired ones too until they are swept away, in the order of their creation. */
  list(): TokenInformation[] {
    return [...this.#records.values()]
  }

  /** A token's own secret, which its owner logs in with. */
  hmacOf(tokenId: string): Buffer {
    return hidden(createHmac('sha512', this.#secretKey).update(tokenId).digest())
  }

  create({ owner, requester, renewers, maxLifetimeMs }: TokenWish): TokenInformation | ApiError {
    if (!this.isEnabled) return DISABLED
    if (renewers.some(({ principalType }) => principalType !== 'User')) {
      return new ApiError(ErrorCode.INVALID_PRINCIPAL_TYPE)
    }
    const { clock, random, metadata } = this.#settings
    const { delegationTokenMaxLifetimeMs, delegationTokenExpiryTimeMs } = this.#config
    const now = clock.now()
    const lifetime =
      maxLifetimeMs > 0 ? Math.min(maxLifetimeMs, delegationTokenMaxLifetimeMs) : delegationTokenMaxLifetimeMs
    const maxTimestamp = now + lifetime
    const record: DelegationTokenRecord = {
      type: 'DelegationTokenRecord',
      tokenId: randomUuid(random),
      owner: principalText(owner),
      requester: principalText(requester),
      renewers: renewers.map(principalText),
      issueTimestamp: now,
      maxTimestamp,
      expirationTimestamp: Math.min(maxTimestamp, now + delegationTokenExpiryTimeMs),
    }
    metadata.commit([record])
    return record
  }

  /** @returns when the token expires now, wall clock */
  renew(hmac: Uint8Array, principal: Principal, periodMs: number): number | ApiError {
    if (!this.isEnabled) return DISABLED
    const token = this.#tokenOf(hmac)
    if (token === undefined) return new ApiError(ErrorCode.DELEGATION_TOKEN_NOT_FOUND)
    if (this.#isExpired(token)) return new ApiError(ErrorCode.DELEGATION_TOKEN_EXPIRED)
    if (!mayRenew(token, principal)) return new ApiError(ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH)
    const { delegationTokenExpiryTimeMs } = this.#config
    const period =
      periodMs > 0 ? Math.min(periodMs, delegationTokenExpiryTimeMs) : delegationTokenExpiryTimeMs
    return this.#moveExpiry(token, period)
  }

  /**
   * @param periodMs below 0: the token is removed at once, expired or not
   * @returns when the token expires now, wall clock
   */
  expire(hmac: Uint8Array, principal: Principal, periodMs: number): number | ApiError {
    if (!this.isEnabled) return DISABLED
    const token = this.#tokenOf(hmac)
    if (token === undefined) return new ApiError(ErrorCode.DELEGATION_TOKEN_NOT_FOUND)
    if (!mayRenew(token, principal)) return new ApiError(ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH)
    if (periodMs < 0) {
      this.remove(token.tokenId)
      return this.#settings.clock.now()
    }
    if (this.#isExpired(token)) return new ApiError(ErrorCode.DELEGATION_TOKEN_EXPIRED)
    return this.#moveExpiry(token, periodMs)
  }

  /** Nobody logs in with it from now on; sessions there are go on until they end. */
  remove(tokenId: string): void {
    this.#settings.metadata.commit([{ type: 'RemoveDelegationTokenRecord', tokenId }])
  }

  /** What a login by token is checked against. An expired token that has not been swept away still lets its owner in. */
  login(tokenId: string, mechanism: ScramMechanismName): TokenLogin | undefined {
    const token = this.#records.get(tokenId)
    if (token === undefined || !this.isEnabled) return undefined
    return {
      credential: this.#credentialOf(token, mechanism),
      ownerName: parsePrincipal(token.owner).name,
      expiresAt: token.expirationTimestamp,
    }
  }

  close(): void {
    this.#sweep?.cancel()
  }

  get #config() {
    return this.#settings.configs.cluster().config
  }

  get #secretKey(): string {
    return this.#config.delegationTokenSecretKey ?? ''
  }

  get #records(): ReadonlyMap<string, DelegationTokenRecord> {
    return this.#settings.metadata.image.delegationTokens
  }

  #tokenOf(hmac: Uint8Array): DelegationTokenRecord | undefined {
    for (const token of this.#records.values()) {
      const own = this.hmacOf(token.tokenId)
      if (own.length === hmac.length && timingSafeEqual(own, hmac)) return token
    }
    return undefined
  }

  #isExpired({ maxTimestamp, expirationTimestamp }: TokenInformation): boolean {
    const now = this.#settings.clock.now()
    return maxTimestamp < now || expirationTimestamp < now
  }

  #moveExpiry(token: DelegationTokenRecord, periodMs: number): number {
    const { clock, metadata } = this.#settings
    const expirationTimestamp = Math.min(token.maxTimestamp, clock.now() + periodMs)
    metadata.commit([{ ...token, expirationTimestamp }])
    return expirationTimestamp
  }

  #credentialOf(token: DelegationTokenRecord, name: ScramMechanismName): ScramCredential {
    const made = this.#credentials.get(token) ?? new Map<ScramMechanismName, ScramCredential>()
    this.#credentials.set(token, made)
    let credential = made.get(name)
    if (credential === undefined) {
      const mechanism = SCRAM_MECHANISMS[name]
      const salt = this.#settings.random.bytes(SALT_BYTES)
      const password = this.hmacOf(token.tokenId).toString('base64')
      const salted = saltedPassword(mechanism, password, salt, LEAST_ITERATIONS)
      credential = scramCredential(mechanism, salted, salt, LEAST_ITERATIONS)
      made.set(name, credential)
    }
    return credential
  }

  #scheduleSweep(): void {
    this.#sweep = this.#settings.clock.setTimer(this.#config.delegationTokenExpiryCheckIntervalMs, () => {
      this.#scheduleSweep()
      for (const token of this.list()) if (this.#isExpired(token)) this.remove(token.tokenId)
    })
  }
}

const DISABLED = new ApiError(ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED)

function mayRenew({ owner, renewers }: TokenInformation, principal: Principal): boolean {
  const text = principalText(principal)
  return owner === text || renewers.includes(text)
}

/** Whether a principal has to do with a token at all (`TokenInformation.ownerOrRenewer`). */
export function isPartyTo({ owner, requester, renewers }: TokenInformation, principal: Principal): boolean {
  const text = principalText(principal)
  return owner === text || requester === text || renewers.includes(text)
}

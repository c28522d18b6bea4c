import { fileURLToPath } from 'node:url'
import { jaasOptions } from '../jaas-config.ts'
import { ListenerConfigError } from '../listener-config.ts'
import type { JwksEndpointSettings } from './jwks-endpoint.ts'
import type { ClaimRules } from './jwt-claims.ts'
import { type UnsecuredRules, unsecuredRules } from './unsecured-validator.ts'

/** Where a listener's keys come from. */
export type KeysAt =
  | { readonly kind: 'file'; readonly path: string }
  | ({ readonly kind: 'url' } & JwksEndpointSettings)

/** Whose tokens a listener believes. */
export type ValidatorSettings =
  | { readonly kind: 'unsecured'; readonly rules: UnsecuredRules }
  | { readonly kind: 'jwks'; readonly keys: KeysAt; readonly rules: ClaimRules }
  /** Those that the cluster issues itself. */
  | { readonly kind: 'own'; readonly rules: ClaimRules }

/** A broker config as it is for the mechanism on its listener. @throws ListenerConfigError */
export type ConfigOf = (name: string) => { readonly value: unknown; readonly isSet: boolean }

const PREFIX = 'sasl.oauthbearer.'
const HANDLER = 'sasl.server.callback.handler.class'
const SIGNED_HANDLER = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler'
const LOGIN_MODULE = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule'
const URL_CONFIG = `${PREFIX}jwks.endpoint.url`

/**
 * What Kafka's configs say of OAUTHBEARER on a listener. As in Kafka, the callback handler chooses between signed tokens and
 * unsecured ones, which are what a listener takes that has a JAAS config and no handler. A Kafka broker does not start without a
 * JAAS config; here such a listener believes the keys it is told of, or else the cluster's own issuer.
 * @param jaasConfig `sasl.jaas.config` as it is for the mechanism on its listener
 * @throws ListenerConfigError
 */
export function validatorSettings(config: ConfigOf, jaasConfig: string | undefined): ValidatorSettings {
  const options = jaasConfig === undefined ? undefined : jaasOptions(jaasConfig, LOGIN_MODULE)
  const handler = config(HANDLER).value
  if (handler !== null && handler !== SIGNED_HANDLER) {
    throw new ListenerConfigError(`${HANDLER}: expected ${SIGNED_HANDLER} or nothing, got '${handler}'`)
  }
  if (handler === null && options !== undefined) {
    return { kind: 'unsecured', rules: saying('sasl.jaas.config', () => unsecuredRules(options)) }
  }
  const isTold = config(URL_CONFIG).isSet
  if (handler === null && !isTold) return { kind: 'own', rules: claimRules(config) }
  if (!isTold) throw new ListenerConfigError(`${URL_CONFIG}: expected where the keys of tokens are`)
  mustVerify(config, 'expected.audience', 'allow.unverified.audience')
  mustVerify(config, 'expected.issuer', 'allow.unverified.issuer')
  return { kind: 'jwks', keys: keysAt(config), rules: claimRules(config) }
}

function claimRules(config: ConfigOf): ClaimRules {
  return {
    clockSkewSeconds: number(config, 'clock.skew.seconds'),
    expectedAudience: config(`${PREFIX}expected.audience`).value as readonly string[],
    expectedIssuer: (config(`${PREFIX}expected.issuer`).value as string | null) || null,
    scopeClaimName: claimName(config, 'scope.claim.name'),
    subClaimName: claimName(config, 'sub.claim.name'),
  }
}

function claimName(config: ConfigOf, name: string): string {
  const value = config(PREFIX + name).value as string
  if (value === '') throw new ListenerConfigError(`${PREFIX}${name}: expected the name of a claim`)
  return value
}

/** Kafka 4.4 does not start with a check left out by mistake. */
function mustVerify(config: ConfigOf, expected: string, allowed: string): void {
  const { value } = config(PREFIX + expected)
  const isGiven = value !== null && (value as string | readonly string[]).length > 0
  if (isGiven || config(PREFIX + allowed).value === true) return
  throw new ListenerConfigError(`${PREFIX}${expected}: expected a value, or ${PREFIX}${allowed} to be true`)
}

function keysAt(config: ConfigOf): KeysAt {
  const text = config(URL_CONFIG).value as string
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'file:') return { kind: 'file', path: saying(URL_CONFIG, () => fileURLToPath(url)) }
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new ListenerConfigError(`${URL_CONFIG}: expected a URL of http, https or file`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new ListenerConfigError(`${URL_CONFIG}: expected a URL without a user's name and password`)
  }
  const refreshMs = number(config, 'jwks.endpoint.refresh.ms')
  if (refreshMs <= 0) {
    throw new ListenerConfigError(
      `${PREFIX}jwks.endpoint.refresh.ms: expected a number > 0, got ${refreshMs}`,
    )
  }
  const retryBackoffMs = number(config, 'jwks.endpoint.retry.backoff.ms')
  const retryBackoffMaxMs = number(config, 'jwks.endpoint.retry.backoff.max.ms')
  return { kind: 'url', url: text, refreshMs, retryBackoffMs, retryBackoffMaxMs }
}

function number(config: ConfigOf, name: string): number {
  return config(PREFIX + name).value as number
}

function saying<T>(config: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new ListenerConfigError(`${config}: ${(error as Error).message}`, { cause: error })
  }
}

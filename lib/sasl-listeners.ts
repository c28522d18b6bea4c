import type { StringSource } from '../protocol/primitives/reader.ts'
import { OptionError } from './check-options.ts'
import type { BrokerLayout, ListenerLayout } from './cluster-layout.ts'
import type { KerberosAcceptors } from './kerberos-acceptors.ts'
import type { Clock } from './lab/clock.ts'
import type { Random } from './lab/random.ts'
import type { Overrides } from './metadata/configs/config-def.ts'
import type { ResolvedBrokerConfig } from './metadata/configs/resolve.ts'
import type { EffectiveConfigs } from './metadata/effective-configs.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { Dispatcher } from './network/dispatcher.ts'
import type { Gate } from './network/gate.ts'
import { SaslAuthenticator } from './network/sasl/sasl-authenticator.ts'
import type { SaslSession } from './network/sasl/sasl-session.ts'
import { sessionModel } from './network/sasl/session-model.ts'
import type { Session } from './network/session.ts'
import { AuthenticationMetrics } from './security/authentication-metrics.ts'
import type { DelegationTokens } from './security/delegation-tokens/delegation-tokens.ts'
import { ListenerConfigError, listenerConfig } from './security/listener-config.ts'
import {
  isMechanism,
  isPasswordMechanism,
  MECHANISMS,
  type Mechanism,
  type MechanismName,
  PASSWORD_MECHANISMS,
  type PasswordMechanismName,
} from './security/mechanism.ts'
import type { OAuth } from './security/oauth/oauth.ts'
import { oauthBearer } from './security/oauth/server.ts'
import { type ValidatorSettings, validatorSettings } from './security/oauth/validator-settings.ts'
import { jaasPasswords, plain } from './security/plain.ts'
import type { Principal } from './security/principal.ts'
import { scram } from './security/scram/server.ts'
import type { Users } from './security/users.ts'

/** Kafka has no default; but everybody calls it so. */
const DEFAULT_SERVICE = 'kafka'

/** What the authenticators of all brokers share. */
export interface SaslParts {
  readonly clock: Clock
  readonly random: Random
  readonly users: Users
  readonly tokens: DelegationTokens
  readonly kerberos: KerberosAcceptors
  readonly oauth: OAuth
  readonly sessions: Set<SaslSession>
  readonly metrics: Metrics
}

/** What those of one broker share. */
export interface SaslBroker {
  readonly nodeId: number
  readonly config: ResolvedBrokerConfig
  readonly dispatcher: Dispatcher
  readonly strings: StringSource
}

/**
 * What a listener counts of its clients' authentications; undefined for PLAINTEXT, where there are none.
 * @param index its place among the broker's listeners
 */
export function authenticationMetrics(
  { name, securityProtocol }: ListenerLayout,
  index: number,
  { clock, metrics }: Pick<SaslParts, 'clock' | 'metrics'>,
  nodeId: number,
): AuthenticationMetrics | undefined {
  if (securityProtocol === 'PLAINTEXT') return undefined
  const counted = new AuthenticationMetrics(clock)
  const tags = { broker: String(nodeId), listener: name, networkProcessor: String(index) }
  counted.register(metrics, tags)
  registerKilledCount(metrics, tags.broker)
  return counted
}

/**
 * Makes the gates of a listener's connections; undefined where clients need not authenticate.
 * @throws OptionError for a config that Kafka would not start with
 */
export function saslGate(
  listener: ListenerLayout,
  metrics: AuthenticationMetrics | undefined,
  parts: SaslParts,
  { nodeId, config: resolved, dispatcher, strings }: SaslBroker,
): ((session: Session) => Gate) | undefined {
  const { name, securityProtocol, earlyNegotiation } = listener
  if (!securityProtocol.startsWith('SASL_') || metrics === undefined) return undefined
  const { clock, sessions, users } = parts
  const { originals, config } = resolved
  const offered = mechanismsOf(listener, originals)
  if (earlyNegotiation === 'kip43-none' && offered.length !== 1) {
    throw new OptionError(
      `earlyNegotiation 'kip43-none' of listener ${name}: expected one mechanism, got ${offered.join(', ')}`,
    )
  }
  if (earlyNegotiation === 'kip43-none' && listener.preauth === 'anonymous') {
    throw new OptionError(
      `preauth 'anonymous' of listener ${name}: expected another earlyNegotiation than 'kip43-none', which has clients begin by authenticating`,
    )
  }
  const make = (mechanism: MechanismName) => mechanismNamed(mechanism, parts, listener, originals)
  const maxReauthMs = new Map<string, number>()
  for (const mechanism of offered) {
    maxReauthMs.set(mechanism, number(originals, 'connections.max.reauth.ms', name, mechanism))
  }
  const settings = {
    nodeId,
    clock,
    strings,
    dispatcher,
    mechanisms: new Map(offered.map((mechanism) => [mechanism, make(mechanism)])),
    earlyNegotiation,
    maxReauthMs: (mechanism: string) => maxReauthMs.get(mechanism) as number,
    maxReceiveSize: number(originals, 'sasl.server.max.receive.size', name),
    maxRequestSize: config.socketRequestMaxBytes,
    failureDelayMs: config.connectionFailedAuthenticationDelayMs,
    identify: (principal: Principal) => users.identify(principal),
    model: sessionModel(listener),
    sessions,
    metrics,
  }
  return (session) => new SaslAuthenticator(settings, session)
}

/**
 * The mechanisms that a listener offers: its own, else what the configs say, else those that need nothing but users. Kafka's
 * default, GSSAPI alone, would need a keytab.
 * @throws OptionError
 */
export function mechanismsOf(listener: ListenerLayout, originals: Overrides): readonly MechanismName[] {
  const { name, saslMechanisms, kerberos } = listener
  if (saslMechanisms !== undefined) return [...new Set(saslMechanisms)]
  const { value, isSet } = lookUp(originals, 'sasl.enabled.mechanisms', name)
  if (!isSet) return kerberos === undefined ? PASSWORD_MECHANISMS : MECHANISMS
  return (value as readonly string[]).map((mechanism) => {
    if (isMechanism(mechanism)) return mechanism
    throw new OptionError(
      `option config.sasl.enabled.mechanisms: expected some of ${MECHANISMS.join(', ')}, got '${mechanism}'`,
    )
  })
}

/** What all network processors of a broker have killed, in the one gauge that Kafka has for it. */
function registerKilledCount(metrics: Metrics, broker: string): void {
  const name = 'ExpiredConnectionsKilledCount'
  if (metrics.find(name, { broker }).length > 0) return
  metrics.register(
    'kafka.network',
    'SocketServer',
    { broker },
    {
      [name]: () => metrics.total('expired-connections-killed-count', { broker }),
    },
  )
}

function mechanismNamed(
  name: MechanismName,
  { users, tokens, random, kerberos, oauth }: SaslParts,
  listener: ListenerLayout,
  originals: Overrides,
): Mechanism {
  if (name === 'GSSAPI') {
    const config = (each: string) => lookUp(originals, each, listener.name).value
    return kerberos.mechanism({
      name: listener.name,
      kerberos: listener.kerberos,
      jaasConfig: jaasConfig(originals, listener.name, name),
      service: (config('sasl.kerberos.service.name') ?? DEFAULT_SERVICE) as string,
      rules: config('sasl.kerberos.principal.to.local.rules') as string[],
    })
  }
  if (name === 'OAUTHBEARER') return oauthBearer(oauth.validator(oauthSettings(listener.name, originals)))
  if (name === 'PLAIN') return plain(plainPasswords(users, jaasConfig(originals, listener.name, name)))
  const accounts = {
    credentialOf: (user: string) => users.scramCredentialOf(user, name),
    tokenLogin: (tokenId: string) => tokens.login(tokenId, name),
  }
  return scram(name, accounts, random)
}

/** Those of the listener's own users before those of the cluster's. */
function plainPasswords(users: Users, text: string | undefined): (user: string) => string | undefined {
  if (text === undefined) return (user) => users.passwordOf(user)
  const own = startable(() => jaasPasswords(text))
  return (user) => own(user) ?? users.passwordOf(user)
}

/** It has to say for which listener and which mechanism it is (`JaasContext.loadServerContext`). */
function jaasConfig(originals: Overrides, listener: string, mechanism: MechanismName): string | undefined {
  return originals.get(`listener.name.${listener}.${mechanism}`.toLowerCase().concat('.sasl.jaas.config'))
}

function number(originals: Overrides, name: string, listener: string, mechanism?: string): number {
  return lookUp(originals, name, listener, mechanism).value as number
}

function oauthSettings(listener: string, originals: Overrides): ValidatorSettings {
  const config = (name: string) => listenerConfig(originals, name, listener, 'OAUTHBEARER')
  return startable(() => validatorSettings(config, jaasConfig(originals, listener, 'OAUTHBEARER')))
}

function lookUp(originals: Overrides, name: string, listener: string, mechanism?: string) {
  return startable(() => listenerConfig(originals, name, listener, mechanism))
}

/** A config that Kafka would not start with is the caller's mistake as much as a misspelt option. */
function startable<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof ListenerConfigError)) throw error
    throw new OptionError(`option config: ${error.message}`, { cause: error })
  }
}

/** What users may log in by on some listener; where nobody needs to log in yet, all there is. */
export function offeredMechanisms(
  layouts: readonly BrokerLayout[],
  configs: EffectiveConfigs,
): readonly PasswordMechanismName[] {
  const offered = new Set<PasswordMechanismName>()
  for (const { nodeId, listeners } of layouts) {
    for (const listener of listeners) {
      if (!listener.securityProtocol.startsWith('SASL_')) continue
      for (const name of mechanismsOf(listener, configs.broker(nodeId).originals)) {
        if (isPasswordMechanism(name)) offered.add(name)
      }
    }
  }
  return offered.size === 0 ? PASSWORD_MECHANISMS : [...offered]
}

import { decodeJwt, type JSONWebKeySet } from 'jose'
import type { Clock } from '../../lab/clock.ts'
import type { Logger } from '../../lab/logger.ts'
import type { Random } from '../../lab/random.ts'
import { JwksEndpoint } from './jwks-endpoint.ts'
import { JwksFile } from './jwks-file.ts'
import type { JwksSource } from './jwks-source.ts'
import { jwtValidator } from './jwt-validator.ts'
import { TokenEndpoint } from './token-endpoint.ts'
import { type AccessTokenRequest, DEFAULT_EXPIRES_IN, TokenIssuer } from './token-issuer.ts'
import type { TokenValidator } from './token-validator.ts'
import { unsecuredValidator } from './unsecured-validator.ts'
import type { KeysAt, ValidatorSettings } from './validator-settings.ts'

/** An endpoint where clients get tokens by HTTP. */
export interface OAuthOptions {
  /** Default: the cluster's `host`. */
  readonly host?: string | undefined
  /** Default: 0, any free port. */
  readonly port?: number | undefined
  /** How long its tokens are good for, seconds. Default: 3600. */
  readonly expiresIn?: number | undefined
  /** The claim `aud` of its tokens. Default: none. */
  readonly audience?: string | readonly string[] | undefined
}

/** The cluster's own issuer of tokens, which listeners with OAUTHBEARER believe where no config says another. */
export interface ClusterOAuth {
  /** The claim `iss` of its tokens. */
  readonly issuer: string
  /** Where clients get tokens: `client_credentials`, by the names and passwords of users. @throws Error without the option `oauth` */
  readonly tokenEndpointUrl: string
  /** Where its keys are. @throws Error without the option `oauth` */
  readonly jwksUrl: string
  /** A token as the cluster's clock and its owner want it. @throws OptionError */
  issue(request: AccessTokenRequest): Promise<string>
  /** The keys its tokens are signed with, for `sasl.oauthbearer.jwks.endpoint.url` of others. */
  jwks(): Promise<JSONWebKeySet>
  /** From now on the endpoint gives this client no token, whatever it shows. Tokens that are out stay good. */
  refuse(client: string): void
  /** Takes that back. */
  accept(client: string): void
  /**
   * No listener of this cluster lets anybody in by this token any more. Sessions there are go on until they end.
   * @throws TypeError for a text that is no token, or one without the claim `jti`
   */
  revoke(token: string): void
}

interface OAuthSettings {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly clusterId: string
  /** Undefined: there is none. */
  readonly endpoint: true | OAuthOptions | undefined
  /** Where it listens where it does not say. */
  readonly host: string
  readonly isClient: (id: string, secret: string) => boolean
  /** @throws OptionError when these are no options of a token */
  readonly check: (request: AccessTokenRequest) => AccessTokenRequest
}

const NO_ENDPOINT = 'this cluster has no token endpoint: expected the option oauth'

/** All that OAUTHBEARER needs: the cluster's issuer, its endpoint, and the keys of others that listeners believe. */
export class OAuth implements ClusterOAuth {
  readonly #settings: OAuthSettings
  readonly #issuer: TokenIssuer
  readonly #endpoint: TokenEndpoint | undefined
  /** By what they are asked for, so that the listeners of many brokers fetch the same keys once. */
  readonly #sources = new Map<string, { readonly where: string; readonly keys: JwksSource }>()
  readonly #refused = new Set<string>()
  /** By the claim `jti`. */
  readonly #revoked = new Set<unknown>()

  constructor(settings: OAuthSettings) {
    const { clock, random, endpoint, host } = settings
    this.#settings = settings
    this.#issuer = new TokenIssuer(clock, random)
    if (endpoint !== undefined) this.#endpoint = this.#makeEndpoint(endpoint === true ? {} : endpoint, host)
  }

  get issuer(): string {
    return this.#endpoint?.origin ?? `urn:josephk:${this.#settings.clusterId}`
  }

  get tokenEndpointUrl(): string {
    if (this.#endpoint === undefined) throw new Error(NO_ENDPOINT)
    return this.#endpoint.tokenUrl
  }

  get jwksUrl(): string {
    if (this.#endpoint === undefined) throw new Error(NO_ENDPOINT)
    return this.#endpoint.jwksUrl
  }

  async issue(request: AccessTokenRequest): Promise<string> {
    return this.#issuer.issue(this.#settings.check(request), this.issuer)
  }

  jwks(): Promise<JSONWebKeySet> {
    return this.#issuer.jwks()
  }

  refuse(client: string): void {
    this.#refused.add(client)
  }

  accept(client: string): void {
    this.#refused.delete(client)
  }

  revoke(token: string): void {
    const jti = idOf(token)
    if (jti === undefined) throw new TypeError('revoke expects a signed token with the claim jti')
    this.#revoked.add(jti)
  }

  /** @internal What a listener judges tokens by. */
  validator(settings: ValidatorSettings): TokenValidator {
    const { clock } = this.#settings
    if (settings.kind === 'unsecured') return unsecuredValidator(settings.rules, clock)
    const keys = settings.kind === 'own' ? this.#issuer : this.#source(settings.keys)
    return jwtValidator(keys, settings.rules, clock, ({ jti }) => this.#revoked.has(jti))
  }

  /**
   * @internal Opens the endpoint and fetches the keys of others; nobody is let in before.
   * @throws Error with the system's `code` when it cannot listen or there are keys that it cannot get
   */
  async start(): Promise<void> {
    await this.#endpoint?.start()
    for (const { where, keys } of this.#sources.values()) {
      try {
        await keys.start()
      } catch (error) {
        throw keysError(where, error as NodeJS.ErrnoException)
      }
    }
  }

  /** @internal */
  async stop(): Promise<void> {
    for (const { keys } of this.#sources.values()) keys.close()
    await this.#endpoint?.stop()
  }

  #source(at: KeysAt): JwksSource {
    const { clock, logger } = this.#settings
    const asked = JSON.stringify(at)
    const known = this.#sources.get(asked)
    if (known !== undefined) return known.keys
    const keys = at.kind === 'file' ? new JwksFile(at.path) : new JwksEndpoint(at, clock, logger)
    this.#sources.set(asked, { where: at.kind === 'file' ? at.path : at.url, keys })
    return keys
  }

  #makeEndpoint(options: OAuthOptions, defaultHost: string): TokenEndpoint {
    const { host = defaultHost, port = 0, expiresIn = DEFAULT_EXPIRES_IN, audience } = options
    return new TokenEndpoint({
      host,
      port,
      isClient: this.#settings.isClient,
      isRefused: (id) => this.#refused.has(id),
      grant: async (id, scope) => {
        const request = { subject: id, expiresIn, audience, scope }
        return { accessToken: await this.#issuer.issue(request, this.issuer), expiresIn }
      },
      jwks: () => this.#issuer.jwks(),
    })
  }
}

/** With the system's `code` (ENOENT, ECONNREFUSED, ...), where there is one; what `fetch` throws has it in its cause. */
function keysError(where: string, error: NodeJS.ErrnoException): Error {
  const cause = (error.cause ?? error) as NodeJS.ErrnoException
  const why = cause === error ? error.message : `${error.message}: ${cause.message}`
  const failure = new Error(`cannot get the keys of tokens from ${where}: ${why}`, { cause: error })
  return Object.assign(failure, cause.code === undefined ? {} : { code: cause.code })
}

function idOf(token: string): string | undefined {
  try {
    return decodeJwt(token).jti
  } catch {
    return undefined
  }
}

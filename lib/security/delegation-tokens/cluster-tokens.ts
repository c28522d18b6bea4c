import { ApiError } from '../../metadata/controller/api-error.ts'
import type { DelegationTokens, TokenInformation } from './delegation-tokens.ts'

/** A delegation token with what a client logs in with by SCRAM: its id as name, its HMAC as password, `tokenauth=true`. */
export interface IssuedToken extends TokenInformation {
  /** Base64. */
  readonly hmac: string
}

/** What a token is to be like. */
export interface TokenOptions {
  /** The name of the user whom it lets in. */
  readonly owner: string
  /** Names of users who may renew and expire it besides the owner. Default: nobody. */
  readonly renewers?: readonly string[] | undefined
  /** Default and most: `delegation.token.max.lifetime.ms`. */
  readonly maxLifetimeMs?: number | undefined
}

/** The delegation tokens of a cluster (KIP-48). */
export interface ClusterTokens {
  /** In the order of their creation; expired ones too until they are swept away. */
  list(): TokenInformation[]
  /** As if the owner had asked for it. @throws OptionError, or Error where `delegation.token.secret.key` is not set */
  create(options: TokenOptions): IssuedToken
  /** Nobody logs in with it from now on; sessions there are go on until they end. @throws RangeError for no token */
  revoke(tokenId: string): void
}

/** The face that the cluster's owner sees. */
export class OwnersTokens implements ClusterTokens {
  readonly #tokens: DelegationTokens
  readonly #check: (options: TokenOptions) => TokenOptions

  /** @param check throws OptionError for what are no options of a token */
  constructor(tokens: DelegationTokens, check: (options: TokenOptions) => TokenOptions) {
    this.#tokens = tokens
    this.#check = check
  }

  list(): TokenInformation[] {
    return this.#tokens.list().map(information)
  }

  create(options: TokenOptions): IssuedToken {
    const { owner: ownerName, renewers = [], maxLifetimeMs = 0 } = this.#check(options)
    const owner = user(ownerName)
    const wish = { owner, requester: owner, renewers: renewers.map(user), maxLifetimeMs }
    const token = this.#tokens.create(wish)
    if (token instanceof ApiError) {
      throw new Error(
        "there are no delegation tokens: expected config 'delegation.token.secret.key' to be set",
      )
    }
    return { ...information(token), hmac: this.#tokens.hmacOf(token.tokenId).toString('base64') }
  }

  revoke(tokenId: string): void {
    if (!this.#tokens.list().some((token) => token.tokenId === tokenId)) {
      throw new RangeError(`there is no delegation token '${tokenId}'`)
    }
    this.#tokens.remove(tokenId)
  }
}

function user(name: string) {
  return { principalType: 'User', name }
}

function information({
  tokenId,
  owner,
  requester,
  renewers,
  issueTimestamp,
  maxTimestamp,
  expirationTimestamp,
}: TokenInformation): TokenInformation {
  return { tokenId, owner, requester, renewers, issueTimestamp, maxTimestamp, expirationTimestamp }
}

import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { createDelegationToken } from '../../../protocol/messages/create-delegation-token.ts'
import { describeDelegationToken } from '../../../protocol/messages/describe-delegation-token.ts'
import { expireDelegationToken } from '../../../protocol/messages/expire-delegation-token.ts'
import { renewDelegationToken } from '../../../protocol/messages/renew-delegation-token.ts'
import { saslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../../protocol/messages/sasl-handshake.ts'
import { RawClient } from '../../helpers/raw-client.ts'
import { ScramClient } from '../../helpers/security/scram-client.ts'

export const SECRET = 'the key of all tokens'
export const USERS = ['alice', 'bob', 'carol']
export const PASSWORD = 'secret'

const DAY_MS = 86_400_000
const LONG_MAX = 2 ** 63
const TRIES = 200
/** Twice the time by which two points in time may differ and still be the same to us; what is asked for are multiples. */
const SAME_MS = 40_000

type Principal = { principalType: string; principalName: string }
const user = (principalName: string): Principal => ({ principalType: 'User', principalName })
const [ALICE, BOB, CAROL] = [user('alice'), user('bob'), user('carol')]
const GROUP: Principal = { principalType: 'Group', principalName: 'g' }
interface Token {
  readonly tokenId: string
  readonly hmac: Buffer
}

/** Wishes for tokens, one after the other, and what was answered to each. */
class Asker {
  readonly lines: string[] = []
  readonly #names = new Map<string, string>()
  readonly #clients: Record<string, RawClient>

  constructor(clients: Record<string, RawClient>) {
    this.#clients = clients
  }

  client(name: string): RawClient {
    return this.#clients[name] as RawClient
  }

  tell(what: string, answer: unknown): void {
    this.lines.push(`${what}: ${JSON.stringify(answer, (name, value) => this.#normal(name, value))}`)
  }

  /** @param owner of version 3 */
  async create(who: string, version: number, wish: { renewers?: Principal[]; ms?: number; owner?: object }) {
    const { renewers = [], ms: maxLifetimeMs = -1, owner = {} } = wish
    const request = { renewers, maxLifetimeMs, ...owner }
    const token = await this.client(who).send(createDelegationToken, version, request as never)
    if (token.tokenId !== '') this.#names.set(token.tokenId, String(this.#names.size))
    this.tell(`create v${version} by ${who} ${JSON.stringify(wish)}`, token)
    if (token.errorCode === 0) await this.#seen(token.hmac, token.expiryTimestampMs)
    return token as Token
  }

  async renew(who: string, { hmac }: Token, renewPeriodMs: number, version = 2): Promise<void> {
    const answer = await this.client(who).send(renewDelegationToken, version, { hmac, renewPeriodMs })
    this.tell(`renew v${version} by ${who} for ${renewPeriodMs}`, answer)
    if (answer.errorCode === 0) await this.#seen(hmac, answer.expiryTimestampMs)
  }

  async expire(who: string, { hmac }: Token, expiryTimePeriodMs: number, version = 2): Promise<void> {
    const answer = await this.client(who).send(expireDelegationToken, version, { hmac, expiryTimePeriodMs })
    this.tell(`expire v${version} by ${who} in ${expiryTimePeriodMs}`, answer)
    if (answer.errorCode !== 0) return
    await this.#seen(hmac, expiryTimePeriodMs < 0 ? undefined : answer.expiryTimestampMs)
  }

  async describe(who: string, owners: Principal[] | null, version = 3): Promise<void> {
    const answer = await this.client(who).send(describeDelegationToken, version, { owners })
    const name = ({ tokenId }: Token) => Number(this.#names.get(tokenId) ?? -1)
    const tokens = [...answer.tokens].sort((a, b) => name(a) - name(b))
    this.tell(`describe v${version} by ${who} ${JSON.stringify(owners)}`, answer.errorCode)
    for (const token of tokens) this.tell('token', token)
  }

  /** All four, which all are refused for one reason or another. */
  async everything(who: string, token: Token): Promise<void> {
    await this.create(who, 3, {
      renewers: [GROUP],
      owner: { ownerPrincipalType: 'User', ownerPrincipalName: 'x' },
    })
    await this.renew(who, token, -1)
    await this.expire(who, token, -1)
    await this.describe(who, null)
  }

  /** Until what the controller has decided has come to the broker. */
  async #seen(hmac: Buffer, expiry: number | undefined): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      const { tokens } = await this.client('alice').send(describeDelegationToken, 3, { owners: null })
      const token = tokens.find((described) => described.hmac.equals(hmac))
      if (token?.expiryTimestamp === expiry) return
      await sleep(10)
    }
    throw new Error('a change does not come to the broker')
  }

  /** Ids in the order of their coming, HMACs by whether they are right, times by how far off they are. */
  #normal(name: string, value: unknown): unknown {
    if (name === 'tokenId' && value !== '') return this.#names.get(value as string) ?? 'a token of nobody'
    const { type, data } = (value ?? {}) as { type?: string; data?: number[] }
    if (type === 'Buffer' && data) {
      const token = [...this.#names.keys()].find((id) => {
        return createHmac('sha512', SECRET).update(id).digest().equals(Buffer.from(data))
      })
      return token === undefined ? data.length : `HMAC of ${this.#names.get(token)}`
    }
    if (!/timestamp/i.test(name) || typeof value !== 'number' || value <= 0) return value
    return fromNow(value)
  }
}

function fromNow(timestamp: number): string {
  return `now + ${Math.round((timestamp - Date.now()) / SAME_MS)}`
}

async function login(address: string, name: string): Promise<RawClient> {
  const client = await RawClient.connect(address)
  await client.send(saslHandshake, 1, { mechanism: 'PLAIN' })
  const { errorMessage } = await client.send(saslAuthenticate, 2, {
    authBytes: Buffer.from(`\0${name}\0${PASSWORD}`),
  })
  if (errorMessage !== null && errorMessage !== '') throw new Error(errorMessage)
  return client
}

interface TokenLogin {
  readonly mechanism?: string
  readonly password?: string
  readonly authorizationId?: string
  readonly extensions?: string
}

/** What each step of a login by token was answered; lifetimes are told roughly. */
async function tokenLogin(client: RawClient, token: Token, options: TokenLogin = {}): Promise<unknown[]> {
  const { mechanism = 'SCRAM-SHA-512', password = token.hmac.toString('base64') } = options
  const { extensions = ',tokenauth=true', authorizationId = '' } = options
  const scram = new ScramClient(mechanism, token.tokenId, password, { extensions, authorizationId })
  await client.send(saslHandshake, 1, { mechanism })
  const answers: unknown[] = []
  const authenticate = async (token: string) => {
    const answer = await client.send(saslAuthenticate, 2, { authBytes: Buffer.from(token) })
    const { errorCode, errorMessage, sessionLifetimeMs } = answer
    answers.push([errorCode, errorMessage || null, Math.round(sessionLifetimeMs / SAME_MS)])
    return answer
  }
  const first = await authenticate(scram.first())
  if (first.errorCode === 0) await authenticate(scram.final(first.authBytes))
  return answers
}

async function isAlive(client: RawClient): Promise<boolean> {
  try {
    return (await client.send(apiVersions, 0, {})).errorCode === 0
  } catch {
    return false
  }
}

export async function scenario(open: string, sasl: string): Promise<string[]> {
  const [alice, bob, carol] = [
    await login(sasl, 'alice'),
    await login(sasl, 'bob'),
    await login(sasl, 'carol'),
  ]
  const clients: Record<string, RawClient> = { alice, bob, carol, anybody: await RawClient.connect(open) }
  const asker = new Asker(clients)
  await creations(asker)
  await descriptions(asker)
  await changes(asker)
  await logins(asker, sasl, clients)
  for (const client of Object.values(clients)) await client.close()
  return asker.lines
}

async function creations(asker: Asker): Promise<void> {
  for (const version of [1, 2, 3]) await asker.create('alice', version, { renewers: [BOB] })
  for (const ms of [-5, 0, 1, 80_000, DAY_MS, 6 * DAY_MS, 8 * DAY_MS, LONG_MAX]) {
    await asker.create('alice', 3, { ms })
  }
  await asker.create('alice', 3, { renewers: [BOB, GROUP] })
  await asker.create('alice', 3, { renewers: [ALICE, BOB, BOB, { ...CAROL, principalName: '' }] })
  const owners: [string | null, string | null][] = [
    ['User', 'carol'],
    ['Group', 'alice'],
    ['', 'alice'],
    ['User', ''],
    ['User', null],
    [null, 'carol'],
    ['User', 'alice'],
    ['User', 'a:b'],
  ]
  for (const [ownerPrincipalType, ownerPrincipalName] of owners) {
    await asker.create('bob', 3, { owner: { ownerPrincipalType, ownerPrincipalName } })
  }
}

async function descriptions(asker: Asker): Promise<void> {
  for (const version of [1, 2, 3]) await asker.describe('alice', null, version)
  for (const owners of [[], [ALICE], [BOB], [CAROL], [ALICE, CAROL], [GROUP], [user('nobody')]]) {
    for (const who of ['alice', 'bob', 'carol']) await asker.describe(who, owners)
  }
}

async function changes(asker: Asker): Promise<void> {
  const token = await asker.create('alice', 3, { renewers: [BOB], ms: 2 * DAY_MS })
  for (const version of [1, 2]) await asker.renew('alice', token, 80_000, version)
  for (const version of [1, 2]) await asker.expire('alice', token, 80_000, version)
  for (const period of [-1, 0, 1, 80_000, DAY_MS, 9 * DAY_MS, LONG_MAX]) {
    await asker.renew('bob', token, DAY_MS)
    await asker.renew('bob', token, period)
    // What was expired at once stays so.
    if (period !== 1) continue
    await sleep(5)
    await asker.renew('bob', token, DAY_MS)
    await asker.expire('bob', token, 0)
    await asker.expire('bob', token, -1)
    await asker.describe('bob', [ALICE])
  }
  const other = await asker.create('alice', 3, { ms: 2 * DAY_MS })
  for (const period of [80_000, DAY_MS, 9 * DAY_MS, LONG_MAX]) await asker.expire('alice', other, period)
  for (const who of ['bob', 'carol']) {
    await asker.renew(who, other, -1)
    await asker.expire(who, other, -1)
  }
  for (const hmac of [Buffer.alloc(64), Buffer.alloc(0), other.hmac.subarray(0, 63)]) {
    await asker.renew('alice', { tokenId: '', hmac }, -1)
    await asker.expire('alice', { tokenId: '', hmac }, -1)
  }
  await asker.everything('anybody', other)
  await asker.expire('alice', other, 0)
  // Nothing has expired in the millisecond of its expiry.
  await sleep(5)
  await asker.renew('alice', other, -1)
  await asker.renew('carol', other, -1)
  await asker.expire('carol', other, 0)
  await asker.expire('alice', other, 0)
  await asker.expire('alice', other, -77)
  await asker.expire('alice', other, -77)
}

async function logins(asker: Asker, address: string, clients: Record<string, RawClient>): Promise<void> {
  const token = await asker.create('alice', 3, { ms: 80_000, renewers: [BOB] })
  const { tokenId } = token
  const tries: Record<string, TokenLogin> = {
    'SCRAM-SHA-256': { mechanism: 'SCRAM-SHA-256' },
    'SCRAM-SHA-512': {},
    'the wrong HMAC': { password: 'wrong' },
    'for itself': { authorizationId: tokenId },
    'for the owner': { authorizationId: 'alice' },
    'without tokenauth': { extensions: '' },
    'tokenauth=false': { extensions: ',tokenauth=false' },
    'tokenauth=TRUE': { extensions: ',tokenauth=TRUE' },
  }
  for (const [name, options] of Object.entries(tries)) {
    await using client = await RawClient.connect(address)
    asker.tell(`login: ${name}`, await tokenLogin(client, token, options))
    asker.tell('is alive', await isAlive(client))
  }
  await using nobody = await RawClient.connect(address)
  asker.tell(
    'login of no token',
    await tokenLogin(nobody, { ...token, tokenId: 'alice' }, { password: PASSWORD }),
  )

  await using inside = await RawClient.connect(address)
  clients.token = inside
  asker.tell('login', await tokenLogin(inside, token))
  await asker.everything('token', token)
  asker.tell('again by the token', await tokenLogin(inside, token))
  await asker.everything('token', token)
  await asker.expire('bob', token, 0)
  await using late = await RawClient.connect(address)
  asker.tell('login of an expired token', await tokenLogin(late, token))
  await sleep(50)
  asker.tell('is alive', await isAlive(late))
  asker.tell('the session before is alive', await isAlive(inside))
  await asker.expire('alice', token, -1)
  await using later = await RawClient.connect(address)
  asker.tell('login of a removed token', await tokenLogin(later, token))
  asker.tell('the session before is alive', await isAlive(inside))

  const alices = await asker.create('alice', 3, {})
  // An owner that is no user lets a user in.
  for (const [type, name] of [
    ['Group', 'g'],
    ['User', 'a:b'],
  ]) {
    const owner = { ownerPrincipalType: type, ownerPrincipalName: name }
    const odd = await asker.create('alice', 3, { owner })
    await using client = await RawClient.connect(address)
    asker.tell(`login for ${type}:${name}`, await tokenLogin(client, odd))
    asker.tell('and as another again', await tokenLogin(client, alices))
  }
}

// Delegation tokens (KIP-48, KIP-373) on the manual clock: who gets them, how long they last, and who logs in with them.
// What Kafka answers to the same requests is compared in the conformance tests.
import { createHmac } from 'node:crypto'
import t, { type Test } from 'tap'
import { createCreateDelegationTokenHandler } from '../../../lib/api/create-delegation-token.ts'
import { createDescribeDelegationTokenHandler } from '../../../lib/api/describe-delegation-token.ts'
import { type ClusterOptions, ManualClock, OptionError, SeededRandom } from '../../../lib/index.ts'
import type { SecurityProtocol } from '../../../lib/metadata/records.ts'
import { AclOperation, ResourceType } from '../../../lib/security/authorization/acl.ts'
import type { Authorizer } from '../../../lib/security/authorization/authorizer.ts'
import { DelegationTokens } from '../../../lib/security/delegation-tokens/delegation-tokens.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { createDelegationToken } from '../../../protocol/messages/create-delegation-token.ts'
import { describeDelegationToken } from '../../../protocol/messages/describe-delegation-token.ts'
import { expireDelegationToken } from '../../../protocol/messages/expire-delegation-token.ts'
import { renewDelegationToken } from '../../../protocol/messages/renew-delegation-token.ts'
import { ask, contextOf } from '../../helpers/handlers.ts'
import { Controlled } from '../../helpers/metadata.ts'
import { requestBytes } from '../../helpers/network.ts'
import { type SaslPeer, saslRig } from '../../helpers/security/sasl-rig.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const SECRET = 'the key of all tokens'
/** Refused logins are told so without a delay. */
const AT_ONCE = { 'connection.failed.authentication.delay.ms': 0, 'connections.max.idle.ms': -1 }
const ALICE = { principalType: 'User', principalName: 'alice' }
const BOB = { principalType: 'User', principalName: 'bob' }

/** Alice and Bob, each on a connection of their own, where there are tokens. */
async function tokenRig(t: Test, options: ClusterOptions<ManualClock> = {}) {
  const rig = await saslRig(t, {
    config: { ...AT_ONCE, 'delegation.token.secret.key': SECRET },
    users: ['alice', 'bob'].map((name) => ({ name, password: 'secret' })),
    ...options,
  })
  const [alice, bob] = [rig.connect(), rig.connect()]
  await alice.loginPlain('alice')
  await bob.loginPlain('bob')
  return { ...rig, alice, bob }
}

async function create(peer: SaslPeer, renewers = [BOB], maxLifetimeMs = -1, version = 3) {
  return (await peer.request(createDelegationToken, version, { renewers, maxLifetimeMs })).body
}

async function describe(peer: SaslPeer, owners: (typeof ALICE)[] | null = null) {
  return (await peer.request(describeDelegationToken, 3, { owners })).body
}

async function renew(peer: SaslPeer, hmac: Buffer, renewPeriodMs = -1) {
  return (await peer.request(renewDelegationToken, 2, { hmac, renewPeriodMs })).body
}

async function expire(peer: SaslPeer, hmac: Buffer, expiryTimePeriodMs = -1) {
  return (await peer.request(expireDelegationToken, 2, { hmac, expiryTimePeriodMs })).body
}

/** What each of the four requests is answered with. */
async function everyError(peer: SaslPeer, hmac: Buffer): Promise<number[]> {
  const errors = [(await create(peer)).errorCode, (await describe(peer)).errorCode]
  return [...errors, (await renew(peer, hmac)).errorCode, (await expire(peer, hmac)).errorCode]
}

t.test('a token, from its creation until it is swept away', async (t) => {
  const { cluster, clock, alice, bob, connect } = await tokenRig(t)
  const issued = clock.now()
  const token = await create(alice)
  t.match(token, {
    errorCode: 0,
    ...ALICE,
    tokenRequesterPrincipalType: 'User',
    tokenRequesterPrincipalName: 'alice',
    issueTimestampMs: issued,
    expiryTimestampMs: issued + DAY_MS,
    maxTimestampMs: issued + 7 * DAY_MS,
  })
  t.match(token.tokenId, /^[\w-]{22}$/)
  t.same(token.hmac, createHmac('sha512', SECRET).update(token.tokenId).digest())
  t.same(cluster.tokens.list(), [
    {
      tokenId: token.tokenId,
      owner: 'User:alice',
      requester: 'User:alice',
      renewers: ['User:bob'],
      issueTimestamp: issued,
      maxTimestamp: issued + 7 * DAY_MS,
      expirationTimestamp: issued + DAY_MS,
    },
  ])
  const [described] = (await describe(bob)).tokens
  t.match(described, { ...ALICE, tokenId: token.tokenId, hmac: token.hmac, renewers: [BOB] })

  clock.advance(HOUR_MS)
  t.equal((await renew(bob, token.hmac)).expiryTimestampMs, issued + HOUR_MS + DAY_MS)
  t.equal((await renew(alice, token.hmac, 1000)).expiryTimestampMs, issued + HOUR_MS + 1000)
  t.equal((await renew(alice, token.hmac, 9 * DAY_MS)).expiryTimestampMs, issued + HOUR_MS + DAY_MS)
  t.equal((await expire(bob, token.hmac, 9 * DAY_MS)).expiryTimestampMs, token.maxTimestampMs)
  t.equal((await expire(bob, token.hmac, 1000)).expiryTimestampMs, issued + HOUR_MS + 1000)
  clock.advance(1000)
  t.equal((await renew(alice, token.hmac, 1000)).errorCode, 0, 'not expired until the millisecond is over')
  clock.advance(1001)
  t.equal((await renew(alice, token.hmac)).errorCode, ErrorCode.DELEGATION_TOKEN_EXPIRED)
  t.equal((await expire(alice, token.hmac, 0)).errorCode, ErrorCode.DELEGATION_TOKEN_EXPIRED)

  const late = connect()
  const [, last] = await late.loginToken(token.tokenId, token.hmac.toString('base64'))
  t.match(last, { errorCode: 0, sessionLifetimeMs: 0 }, 'an expired token lets its owner in')
  t.equal(cluster.sessions().at(-1)?.expiresInMs, 0)
  clock.advance(1)
  late.send(requestBytes(apiVersions, 0, {}))
  t.same(await late.ending(), { afterMs: 0, frames: [] }, 'and out again')

  t.equal((await describe(alice)).tokens.length, 1)
  clock.advance(2 * HOUR_MS - 3002 - HOUR_MS - 1)
  t.equal((await describe(alice)).tokens.length, 1, 'not swept away before the interval is over')
  clock.advance(1001)
  t.same((await describe(alice)).tokens, [])
  t.equal((await renew(alice, token.hmac)).errorCode, ErrorCode.DELEGATION_TOKEN_NOT_FOUND)
  t.equal((await connect().loginToken(token.tokenId, token.hmac.toString('base64')))[0]?.errorCode, 58)
})

t.test('a session of a token', async (t) => {
  const { cluster, clock, alice, connect } = await tokenRig(t)
  const { tokenId, hmac } = await create(alice, [], 10_000)
  const password = hmac.toString('base64')
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    const peer = connect()
    const [first, last] = await peer.loginToken(tokenId, password, mechanism)
    t.equal(first?.sessionLifetimeMs, 0)
    t.equal(last?.sessionLifetimeMs, 10_000, 'lasts as long as the token')
    t.match(cluster.sessions().at(-1), { principal: 'User:alice', mechanism })
    t.same(await everyError(peer, hmac), Array(4).fill(ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED))
  }
  t.equal((await connect().loginToken(tokenId, 'wrong'))[1]?.errorCode, 58)
  t.equal((await connect().loginScram('SCRAM-SHA-256', tokenId, password))[0]?.errorCode, 58, 'is no user')
  t.equal((await connect().loginToken('alice', 'secret'))[0]?.errorCode, 58, 'and no user is a token')

  const peer = connect()
  await peer.loginToken(tokenId, password)
  clock.advance(5000)
  t.equal((await renew(alice, hmac, 8000)).expiryTimestampMs, clock.now() + 5000, 'never beyond its end')
  t.equal((await peer.loginToken(tokenId, password)).at(-1)?.sessionLifetimeMs, 5000)
  clock.advance(1000)
  t.match(await peer.loginScram('SCRAM-SHA-256'), [{}, { errorCode: 0 }], 'again by her password')
  t.equal((await create(peer, [])).errorCode, 0, 'so that she may have tokens')
  t.ok(await peer.isServed())
  cluster.tokens.revoke(tokenId)
  t.equal((await connect().loginToken(tokenId, password))[0]?.errorCode, 58)
  clock.advance(DAY_MS)
  t.ok(await peer.isServed(), 'the session by password has no end')
})

t.test('who may, and in which order it is asked', async (t) => {
  const { alice, bob, cluster, connect } = await tokenRig(t, {
    users: ['alice', 'bob', 'carol'].map((name) => ({ name, password: 'secret' })),
    listeners: [
      { securityProtocol: 'SASL_PLAINTEXT', transport: 'memory' },
      { name: 'OPEN', transport: 'memory' },
    ],
  })
  const carol = connect()
  await carol.loginPlain('carol')
  const { hmac, tokenId } = await create(alice)
  const { DELEGATION_TOKEN_OWNER_MISMATCH, DELEGATION_TOKEN_NOT_FOUND, INVALID_PRINCIPAL_TYPE } = ErrorCode
  t.equal((await renew(carol, hmac)).errorCode, DELEGATION_TOKEN_OWNER_MISMATCH)
  t.equal((await expire(carol, hmac)).errorCode, DELEGATION_TOKEN_OWNER_MISMATCH)
  for (const wrong of [Buffer.alloc(64), hmac.subarray(1), Buffer.alloc(0)]) {
    t.equal((await renew(carol, wrong)).errorCode, DELEGATION_TOKEN_NOT_FOUND)
    t.equal((await expire(carol, wrong)).errorCode, DELEGATION_TOKEN_NOT_FOUND)
  }
  t.equal((await create(alice, [{ ...BOB, principalType: 'Group' }])).errorCode, INVALID_PRINCIPAL_TYPE)
  const open = connect('OPEN')
  const refused = Array(4).fill(ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED)
  t.same(await everyError(open, hmac), refused, 'where anybody could listen')

  const owner = { ownerPrincipalType: 'User', ownerPrincipalName: 'alice' }
  const { body } = await bob.request(createDelegationToken, 3, { ...owner, renewers: [], maxLifetimeMs: -1 })
  t.match(body, { errorCode: 0, ...ALICE, tokenRequesterPrincipalName: 'bob' }, 'for another (KIP-373)')
  const found = async (peer: SaslPeer, owners: (typeof ALICE)[] | null) => {
    return (await describe(peer, owners)).tokens.map((token) => token.tokenId)
  }
  t.same(await found(alice, null), [tokenId, body.tokenId])
  t.same(await found(alice, []), [], 'no owners, no tokens')
  t.same(await found(alice, [BOB]), [tokenId, body.tokenId], 'renewers and requesters count as owners')
  t.same(await found(alice, [{ ...BOB, principalName: 'carol' }]), [])
  t.match(await expire(alice, hmac), { errorCode: 0, expiryTimestampMs: cluster.clock.now() })
  t.equal((await expire(alice, hmac)).errorCode, DELEGATION_TOKEN_NOT_FOUND)
  t.same(await found(alice, null), [body.tokenId])
})

t.test('the owner of the cluster', async (t) => {
  const { cluster, clock, connect, bob } = await tokenRig(t)
  const token = cluster.tokens.create({ owner: 'alice', renewers: ['bob'], maxLifetimeMs: 500 })
  t.match(token, { owner: 'User:alice', requester: 'User:alice', maxTimestamp: clock.now() + 500 })
  t.match(await connect().loginToken(token.tokenId, token.hmac), [{}, { sessionLifetimeMs: 500 }])
  t.equal((await renew(bob, Buffer.from(token.hmac, 'base64'))).errorCode, 0)
  t.throws(() => cluster.tokens.revoke('other'), RangeError)
  t.throws(() => cluster.tokens.create({ owner: '' }), OptionError)
  t.throws(() => cluster.tokens.create({ owner: 'alice', maxLifetimeMs: 0 }), OptionError)
})

t.test('no key, no tokens', async (t) => {
  const { cluster, alice, connect } = await tokenRig(t, { config: AT_ONCE })
  const errors = await everyError(alice, Buffer.alloc(64))
  t.same(errors, Array(4).fill(ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED))
  t.throws(() => cluster.tokens.create({ owner: 'alice' }), /delegation\.token\.secret\.key/)
  t.equal((await connect().loginToken('anything', 'secret'))[0]?.errorCode, 58)
})

t.test('what takes a permission', async (t) => {
  const clock = new ManualClock()
  const { metadata, configs } = new Controlled({ config: { 'delegation.token.secret.key': SECRET } })
  const tokens = new DelegationTokens({ metadata, configs, clock, random: new SeededRandom(1) })
  t.teardown(() => tokens.close())
  const granted = new Set<string>()
  const authorizer: Authorizer = {
    permissionsOf: () => ({
      allows: (operation, type, name) => granted.has(`${operation} ${type} ${name}`),
      allowsTopic: () => false,
      allowsOnAny: () => false,
    }),
  }
  const as = (name: string, securityProtocol: SecurityProtocol = 'SASL_SSL') => {
    return contextOf(3, { principal: { principalType: 'User', name }, securityProtocol, authorizer })
  }
  const creation = createCreateDelegationTokenHandler({ tokens })
  const owner = { ownerPrincipalType: 'User', ownerPrincipalName: 'alice' }
  const wish = { ...owner, renewers: [{ ...BOB, principalType: 'Group' }], maxLifetimeMs: -1 }
  const create = (context: ReturnType<typeof as>, more = {}) => {
    return ask(creation, createDelegationToken, 3, { ...wish, ...more }, context)
  }
  const refused = await create(as('bob'))
  t.match(refused, {
    errorCode: ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED,
    ...ALICE,
    maxTimestampMs: -1,
  })
  granted.add(`${AclOperation.CREATE_TOKENS} ${ResourceType.USER} User:alice`)
  t.equal((await create(as('bob'))).errorCode, ErrorCode.INVALID_PRINCIPAL_TYPE, 'asked after the permission')
  granted.clear()
  const mine = await create(as('alice'), { renewers: [] })
  t.equal(mine.errorCode, 0, 'nobody needs leave for their own')
  for (const [name, protocol, errorCode] of [
    ['ANONYMOUS', 'SSL', ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED],
    ['CN=alice', 'SSL', 0],
    ['alice', 'PLAINTEXT', ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED],
  ] as const) {
    const own = { ownerPrincipalType: null, ownerPrincipalName: null, renewers: [] }
    t.equal((await create(as(name, protocol), own)).errorCode, errorCode, `${name} by ${protocol}`)
  }

  const description = createDescribeDelegationTokenHandler({ tokens })
  const seen = async () => {
    const { tokens: found } = await ask(description, describeDelegationToken, 3, { owners: null }, as('eve'))
    return found.map(({ principalName }) => principalName)
  }
  t.same(await seen(), [])
  granted.add(`${AclOperation.DESCRIBE} ${ResourceType.DELEGATION_TOKEN} ${mine.tokenId}`)
  t.same(await seen(), ['alice'])
  granted.add(`${AclOperation.DESCRIBE_TOKENS} ${ResourceType.USER} User:CN=alice`)
  t.same(await seen(), ['alice', 'CN=alice'])
})

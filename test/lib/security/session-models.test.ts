// What Kafka does not have: users locked out and mapped to others while clients are connected, and the session model of the
// first proposal for authentication, as options of a listener. All on the manual clock, over connections.
import t, { type Test } from 'tap'
import { Cluster, type ClusterOptions, type ListenerOptions, type ManualClock } from '../../../lib/index.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { createDelegationToken } from '../../../protocol/messages/create-delegation-token.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { saslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../../protocol/messages/sasl-handshake.ts'
import { requestBytes } from '../../helpers/network.ts'
import { type SaslPeer, saslRig } from '../../helpers/security/sasl-rig.ts'
import { bearer } from '../../helpers/security/tokens.ts'

const { SASL_AUTHENTICATION_FAILED, ILLEGAL_SASL_STATE, UNSUPPORTED_SASL_MECHANISM } = ErrorCode
const HOUR_MS = 3_600_000
/** Refused logins are told so without a delay; sessions last an hour. */
const CONFIG = {
  'connection.failed.authentication.delay.ms': 0,
  'connections.max.idle.ms': -1,
  'connections.max.reauth.ms': HOUR_MS,
}
const REFUSED = { errorCode: SASL_AUTHENTICATION_FAILED }
const VAGUE =
  /^Authentication failed during (re-)?authentication due to invalid credentials with SASL mechanism /

function rig(t: Test, listener: ListenerOptions = {}, options: ClusterOptions<ManualClock> = {}) {
  return saslRig(t, {
    listeners: [{ securityProtocol: 'SASL_PLAINTEXT', transport: 'memory', ...listener }],
    users: ['alice', 'bob'].map((name) => ({ name, password: 'secret' })),
    config: { ...CONFIG, 'delegation.token.secret.key': 'the key of all tokens' },
    ...options,
  })
}

/** Who a connection is to the handlers of its requests: whoever asks for a token is told. */
async function whoami(peer: SaslPeer): Promise<string> {
  const { body } = await peer.request(createDelegationToken, 3, { renewers: [], maxLifetimeMs: 1 })
  return `${body.tokenRequesterPrincipalType}:${body.tokenRequesterPrincipalName}`
}

t.test('a user is locked out, and let in again', async (t) => {
  const { cluster, clock, connect } = await rig(t)
  const { users } = cluster
  const peer = connect()
  await peer.loginPlain()
  const token = cluster.tokens.create({ owner: 'alice' })
  users.lock('alice')
  t.match(users.list(), [
    { name: 'alice', locked: true },
    { name: 'bob', locked: false },
  ])
  t.ok(await peer.isServed(), 'who is inside stays')
  const refusal = await connect().loginPlain()
  t.match(refusal, { ...REFUSED, errorMessage: 'Authentication failed: Invalid username or password' })
  const [first, ...more] = await connect().loginScram('SCRAM-SHA-512')
  t.match(first, { ...REFUSED, errorMessage: VAGUE })
  t.equal(more.length, 0, 'as if there was no such user')
  t.match((await connect().loginToken(token.tokenId, token.hmac)).at(-1), { ...REFUSED, errorMessage: VAGUE })
  t.equal((await connect().loginPlain('bob')).errorCode, 0)
  clock.advance(1000)
  t.match(await peer.loginPlain(), REFUSED, 'until the next re-authentication')
  t.equal((await peer.ended()).length, 0)

  users.unlock('alice')
  t.equal((await connect().loginPlain()).errorCode, 0)
  t.match((await connect().loginToken(token.tokenId, token.hmac)).at(-1), { errorCode: 0 })
  users.lock('alice')
  users.remove('alice')
  users.add({ name: 'alice', password: 'another' })
  t.equal((await connect().loginPlain('alice', 'another')).errorCode, 0, 'a new user has a new start')
})

t.test('a credential maps to another user', async (t) => {
  const { cluster, clock, connect } = await rig(t)
  const { users } = cluster
  const peers = [connect(), connect()]
  const [plain, scram] = peers as [SaslPeer, SaslPeer]
  await plain.loginPlain()
  await scram.loginScram('SCRAM-SHA-256')
  users.mapTo('alice', 'carol')
  t.match(users.list(), [{ name: 'alice', mapsTo: 'carol' }, { mapsTo: 'bob' }])
  t.equal(await whoami(plain), 'User:alice')
  const fresh = connect()
  t.equal((await fresh.loginPlain()).errorCode, 0)
  t.equal(await whoami(fresh), 'User:carol')
  t.match(cluster.sessions().at(-1), { principal: 'User:carol' })
  clock.advance(1000)
  const change = 'Cannot change principals during re-authentication from User.alice: User.carol'
  t.match(await plain.loginPlain(), { ...REFUSED, errorMessage: change })
  t.match((await scram.loginScram('SCRAM-SHA-256')).at(-1), { ...REFUSED, errorMessage: change })
  for (const peer of peers) t.equal((await peer.ended()).length, 0)
  t.equal((await fresh.loginPlain()).errorCode, 0, 'who is the same again may stay')
  t.equal(cluster.metrics.total('failed-reauthentication-total'), 2)
  users.mapTo('alice', 'alice')
  const again = connect()
  await again.loginPlain()
  t.equal(await whoami(again), 'User:alice')
  t.throws(() => users.mapTo('alice', ''), RangeError)
})

t.test('whoever comes without a password is locked out and mapped too', async (t) => {
  const { cluster, clock, connect } = await rig(t, { saslMechanisms: ['OAUTHBEARER'] })
  const jwt = await cluster.oauth.issue({ subject: 'dora', expiresIn: 60 })
  const login = async (peer: SaslPeer) => {
    await peer.handshake(1, 'OAUTHBEARER')
    return peer.authenticate(2, bearer(jwt))
  }
  const peer = connect()
  t.equal((await login(peer)).errorCode, 0)
  cluster.users.lock('dora')
  t.match(cluster.users.list(), [{}, {}, { name: 'dora', mechanisms: [], locked: true }])
  t.match(await login(connect()), { ...REFUSED, errorMessage: VAGUE })
  cluster.users.unlock('dora')
  cluster.users.mapTo('dora', 'carol')
  const other = connect()
  t.equal((await login(other)).errorCode, 0)
  t.equal(await whoami(other), 'User:carol')
  clock.advance(1000)
  const change = 'Cannot change principals during re-authentication from User.dora: User.carol'
  t.match(await login(peer), { ...REFUSED, errorMessage: change })
})

t.test("who has not authenticated is the proposal's anybody", async (t) => {
  const { cluster, connect } = await rig(t, { preauth: 'anonymous' })
  const peer = connect()
  for (let time = 0; time < 2; time++) t.ok(await peer.isServed(), 'versions as often as it likes')
  t.equal((await peer.request(metadata, 13, { topics: null })).body.errorCode, 0)
  t.equal(await whoami(peer), 'User:josephk')
  t.same(cluster.sessions(), [], 'which is no session')
  t.equal((await peer.authenticate(2, 'x')).errorCode, ILLEGAL_SASL_STATE)
  t.equal((await peer.loginPlain()).errorCode, 0)
  t.equal(await whoami(peer), 'User:alice')
  t.match(cluster.sessions(), [{ principal: 'User:alice', requests: 1 }])

  const wrong = connect()
  t.equal(await whoami(wrong), 'User:josephk')
  t.match(await wrong.loginPlain('alice', 'wrong'), REFUSED, 'who tries and fails is out')
  t.equal((await wrong.ended()).length, 0)
  const other = connect()
  await other.isServed()
  t.equal((await other.handshake(1, 'NTLM')).errorCode, UNSUPPORTED_SASL_MECHANISM)
  t.equal((await other.ended()).length, 0)
  const amid = connect()
  await amid.handshake(1, 'PLAIN')
  const { body } = await amid.request(metadata, 13, { topics: null })
  t.equal(body.errorCode, ILLEGAL_SASL_STATE, 'who has begun must go on')
  const large = connect()
  large.send(Buffer.from('06400001', 'hex'))
  t.same(await large.ending(), { afterMs: 0, frames: [] })
  const garbage = connect()
  garbage.sendFrame(Buffer.from('00127f', 'hex'))
  t.same(await garbage.ending(), { afterMs: 0, frames: [] })
})

t.test('anybody has the size of requests that everybody has, and a name of their own', async (t) => {
  const { connect } = await rig(
    t,
    { preauth: 'anonymous', preauthUser: 'nobody' },
    {
      config: { ...CONFIG, 'sasl.server.max.receive.size': 100 },
    },
  )
  const peer = connect()
  t.equal(await whoami(peer), 'User:nobody')
  const topics = [{ name: 'x'.repeat(200) }]
  t.equal((await peer.request(metadata, 12, { topics })).body.topics.length, 1)
  await peer.handshake(1, 'PLAIN')
  peer.send(requestBytes(saslAuthenticate, 2, { authBytes: Buffer.alloc(200) }))
  t.equal((await peer.ended()).length, 0, 'but no larger a token')
})

t.test('authentication at any time, by any mechanism', async (t) => {
  const { cluster, clock, connect } = await rig(
    t,
    { reauth: 'anytime' },
    { config: { ...CONFIG, 'connections.max.reauth.ms': 0 } },
  )
  const peer = connect()
  await peer.loginPlain()
  t.equal((await peer.loginPlain()).errorCode, 0, 'though the session has no end, and at once')
  t.equal((await peer.loginScram('SCRAM-SHA-512')).at(-1)?.errorCode, 0)
  t.match(cluster.sessions(), [{ principal: 'User:alice', mechanism: 'SCRAM-SHA-512', reauthentications: 2 }])
  t.equal(cluster.metrics.total('successful-reauthentication-total'), 2)
  const change = 'Cannot change principals during re-authentication from User.alice: User.bob'
  t.match(await peer.loginPlain('bob'), { ...REFUSED, errorMessage: change }, 'but not as another')
  t.equal((await peer.ended()).length, 0)
  const late = connect()
  await late.loginPlain()
  cluster.sessions()[0]?.expire()
  clock.advance(1)
  t.equal((await late.loginPlain()).errorCode, 0, 'too late is no time')
  t.match(await late.loginPlain('alice', 'wrong'), REFUSED)
  t.equal((await late.ended()).length, 0)
})

t.test('another user on the same connection', async (t) => {
  const { cluster, clock, connect } = await rig(t, { principalChange: 'allow' })
  const peer = connect()
  await peer.loginPlain()
  clock.advance(10)
  t.equal((await peer.loginPlain('bob')).errorCode, 0)
  t.equal(await whoami(peer), 'User:bob')
  t.match(cluster.sessions(), [{ principal: 'User:bob', reauthentications: 1, lifetimeMs: HOUR_MS }])
  const { body } = await peer.request(saslHandshake, 1, { mechanism: 'PLAIN' })
  t.equal(body.errorCode, ILLEGAL_SASL_STATE, 'when it may be is as ever')
  clock.advance(1000)
  await peer.handshake(1, 'SCRAM-SHA-256')
  peer.send(requestBytes(apiVersions, 0, {}))
  t.equal((await peer.ended()).length, 0, 'and so is by what')
})

t.test('like su', async (t) => {
  const { cluster, connect } = await rig(t, {
    preauth: 'anonymous',
    reauth: 'anytime',
    principalChange: 'allow',
  })
  const peer = connect()
  const seen = [await whoami(peer)]
  for (const [user, mechanism] of [
    ['alice', 'SCRAM-SHA-256'],
    ['bob', 'SCRAM-SHA-512'],
    ['alice', 'SCRAM-SHA-256'],
  ] as const) {
    await peer.loginScram(mechanism, user)
    seen.push(await whoami(peer))
  }
  t.same(seen, ['User:josephk', 'User:alice', 'User:bob', 'User:alice'])
  t.match(cluster.sessions(), [{ reauthentications: 2 }])
})

t.test('options that say nothing where nobody authenticates', async (t) => {
  const rows: [ListenerOptions, RegExp][] = [
    [
      { preauth: 'anonymous' },
      /^option listeners\[0\]\.preauth: expected securityProtocol 'SASL_PLAINTEXT' or 'SASL_SSL'/,
    ],
    [
      { securityProtocol: 'SASL_PLAINTEXT', preauth: 'yes' as never },
      /^option listeners\[0\]\.preauth: expected 'reject' or 'anonymous', got 'yes'$/,
    ],
    [
      { securityProtocol: 'SASL_PLAINTEXT', preauthUser: '' },
      /^option listeners\[0\]\.preauthUser: expected a non-empty text/,
    ],
    [
      { securityProtocol: 'SASL_PLAINTEXT', reauth: 'never' as never },
      /^option listeners\[0\]\.reauth: expected 'kip368' or 'anytime'/,
    ],
    [
      { securityProtocol: 'SASL_PLAINTEXT', principalChange: true as never },
      /^option listeners\[0\]\.principalChange: expected 'forbid' or 'allow', got true$/,
    ],
    [
      {
        securityProtocol: 'SASL_PLAINTEXT',
        saslMechanisms: ['PLAIN'],
        preauth: 'anonymous',
        earlyNegotiation: 'kip43-none',
      },
      /^preauth 'anonymous' of listener SASL_PLAINTEXT: expected another earlyNegotiation/,
    ],
  ]
  for (const [listener, message] of rows)
    await t.rejects(Cluster.start({ listeners: [listener] }), { message })
})

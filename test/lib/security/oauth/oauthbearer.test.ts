// OAUTHBEARER on the wire, on a clock that stands still: the cluster's own tokens, those of others, and where both come from.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import { Cluster, OptionError } from '../../../../lib/index.ts'
import { ErrorCode } from '../../../../protocol/errors.ts'
import { apiVersions } from '../../../../protocol/messages/api-versions.ts'
import { saslAuthenticate } from '../../../../protocol/messages/sasl-authenticate.ts'
import { decodeResponse, requestBytes } from '../../../helpers/network.ts'
import { LogKeeper } from '../../../helpers/network-server.ts'
import { turns, until } from '../../../helpers/network-turns.ts'
import { type SaslPeer, saslRig } from '../../../helpers/security/sasl-rig.ts'
import { bearer, makeSigner, unsecured } from '../../../helpers/security/tokens.ts'

const DELAY_MS = 100
const INVALID = '{"status":"invalid_token"}'
const VAGUE =
  'Authentication failed during authentication due to invalid credentials with SASL mechanism OAUTHBEARER'
const LOGIN_MODULE = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required'
const HANDLER = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler'
const PREFIX = 'listener.name.sasl_plaintext.oauthbearer.sasl'

async function login(peer: SaslPeer, message: string, version = 2) {
  await peer.handshake(1, 'OAUTHBEARER')
  return peer.authenticate(version, message)
}

/** Refused in two rounds, the second one late. */
async function isRejected(t: Test, peer: SaslPeer, message: string, told = INVALID): Promise<void> {
  const first = await login(peer, message)
  t.same([first.errorCode, String(first.authBytes), Number(first.sessionLifetimeMs)], [0, told, 0])
  const [second, ending] = [peer.authenticate(2, '\x01'), peer.ending()]
  t.match(await second, { errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED, errorMessage: told })
  t.equal((await ending).afterMs, DELAY_MS)
}

t.test("the cluster's own tokens let their subjects in until they expire", async (t) => {
  const log = new LogKeeper()
  const { cluster, clock, connect } = await saslRig(t, { logger: log })
  const token = await cluster.oauth.issue({ subject: 'alice', expiresIn: 60 })
  for (const [version, told] of [
    [0, 0],
    [1, 60_000],
    [2, 60_000],
  ] as const) {
    const answer = await login(connect(), bearer(token), version)
    t.same([answer.errorCode, answer.authBytes.length, Number(answer.sessionLifetimeMs)], [0, 0, told])
    const session = cluster.sessions().at(-1)
    t.match(session, { principal: 'User:alice', mechanism: 'OAUTHBEARER', lifetimeMs: 60_000 })
  }
  const raw = connect()
  await raw.handshake(0, 'OAUTHBEARER')
  t.equal((await raw.token(bearer(token))).length, 0)
  const framed = connect()
  await login(framed, bearer(token))
  clock.advance(60_000)
  t.ok(await raw.isServed(), 'to the last millisecond')
  clock.advance(1)
  for (const peer of [raw, framed]) {
    t.ok((await Promise.allSettled([peer.isServed()]))[0]?.status === 'rejected')
  }
  t.equal(cluster.metrics.total('expired-connections-killed-count'), 2)
  // Half a minute of clock skew is allowed for; but the session is over at once.
  const late = connect()
  t.equal(Number((await login(late, bearer(token))).sessionLifetimeMs), 0)
  clock.advance(1)
  await t.rejects(late.isServed())
  clock.advance(30_000)
  await isRejected(t, connect(), bearer(token))
  t.equal(cluster.metrics.total('failed-authentication-total'), 1)
  t.match(
    log.lines.filter(({ message }) => message.includes('invalid_token: expired')),
    [{ level: 'info' }],
  )
  t.notOk(
    inspect([log.lines, cluster], { depth: 9 }).includes(token.slice(0, 40)),
    'no token is told to anybody',
  )
})

t.test('limits of both kinds: the sooner one counts', async (t) => {
  const { cluster, connect } = await saslRig(t, {
    config: { 'listener.name.sasl_plaintext.oauthbearer.connections.max.reauth.ms': 10_000 },
  })
  for (const [expiresIn, lifetimeMs] of [
    [60, 10_000],
    [5, 5_000],
  ] as const) {
    const token = await cluster.oauth.issue({ subject: 'alice', expiresIn })
    t.equal(Number((await login(connect(), bearer(token))).sessionLifetimeMs), lifetimeMs)
  }
})

t.test('a session goes on by another token of the same subject', async (t) => {
  const { cluster, clock, connect } = await saslRig(t)
  const issue = (subject: string) => cluster.oauth.issue({ subject, expiresIn: 10 })
  const peer = connect()
  await login(peer, bearer(await issue('alice')))
  for (let round = 1; round <= 3; round++) {
    clock.advance(9_000)
    t.equal(Number((await login(peer, bearer(await issue('alice')))).sessionLifetimeMs), 10_000)
    t.equal(cluster.sessions()[0]?.reauthentications, round)
  }
  clock.advance(9_000)
  const other = await issue('bob')
  await peer.handshake(1, 'OAUTHBEARER')
  const answer = peer.authenticate(2, bearer(other))
  await until(() => cluster.metrics.total('failed-reauthentication-total') === 1)
  const ending = peer.ending()
  t.match(await answer, {
    errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED,
    errorMessage: /User\.alice: User\.bob$/,
  })
  await ending
  t.equal(cluster.metrics.total('failed-reauthentication-total'), 1)
  t.equal(cluster.sessions().length, 0)
})

t.test('requests sent behind a token wait for the verdict on it', async (t) => {
  const { cluster, connect } = await saslRig(t)
  const token = await cluster.oauth.issue({ subject: 'alice' })
  const peer = connect()
  await peer.handshake(1, 'OAUTHBEARER')
  const message = requestBytes(saslAuthenticate, 2, { authBytes: Buffer.from(bearer(token)) })
  peer.send(Buffer.concat([message, requestBytes(apiVersions, 0, {})]))
  t.equal(decodeResponse(saslAuthenticate, 2, await peer.frame()).body.errorCode, 0)
  t.equal(decodeResponse(apiVersions, 0, await peer.frame()).body.errorCode, 0)
  const gone = connect()
  await gone.handshake(1, 'OAUTHBEARER')
  gone.authenticate(2, bearer(token)).catch(() => {})
  await turns(1)
  gone.socket.destroy()
  await turns(50)
  t.equal(cluster.sessions().length, 1, 'who did not wait has no session')
})

t.test('a rejected token, a second try, and what is no message', async (t) => {
  const { cluster, connect } = await saslRig(t)
  const good = bearer(await cluster.oauth.issue({ subject: 'alice' }))
  await isRejected(t, connect(), bearer(unsecured({ sub: 'alice', exp: 1e12 })))
  const again = connect()
  await login(again, bearer('a.b.c'))
  t.equal((await again.authenticate(2, good)).errorCode, 0)
  t.ok(await again.isServed())

  for (const message of ['', '\x01', 'n,,\x01auth=Bearer x', 'n,,\x01auth=Bearer a.b.c\x01auth2=x\x01\x01']) {
    const peer = connect()
    await peer.handshake(1, 'OAUTHBEARER')
    const [answer, ending] = [peer.authenticate(2, message), peer.ending()]
    t.match(await answer, { errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED, errorMessage: VAGUE })
    t.equal((await ending).afterMs, DELAY_MS)
  }
  const basic = connect()
  await basic.handshake(1, 'OAUTHBEARER')
  basic.authenticate(2, good.replace('Bearer', 'Basic')).catch(() => {})
  t.same(await basic.ending(), { afterMs: 0, frames: [] })

  const raw = connect()
  await raw.handshake(0, 'OAUTHBEARER')
  t.equal(String(await raw.token(bearer('a.b.c'))), INVALID)
  raw.sendFrame(Buffer.from('\x01'))
  t.same(await raw.ending(), { afterMs: DELAY_MS, frames: [] })
})

t.test('an authorization id must be the subject; extensions may be anything', async (t) => {
  const { cluster, connect } = await saslRig(t)
  const token = await cluster.oauth.issue({ subject: 'alice' })
  const extensions = { traceId: '1', logicalCluster: 'x' }
  t.equal((await login(connect(), bearer(token, { authorizationId: 'alice', extensions }))).errorCode, 0)
  const peer = connect()
  await peer.handshake(1, 'OAUTHBEARER')
  const answer = peer.authenticate(2, bearer(token, { authorizationId: 'bob' }))
  await until(() => cluster.metrics.total('failed-authentication-total') === 1)
  t.equal((await peer.ending()).afterMs, DELAY_MS)
  t.match(await answer, {
    errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED,
    errorMessage: /authorization id \(bob\) that is different from the token's principal name \(alice\)$/,
  })
})

t.test('unsecured tokens, where the JAAS config says so', async (t) => {
  const { clock, connect } = await saslRig(t, {
    config: { [`${PREFIX}.jaas.config`]: `${LOGIN_MODULE} unsecuredValidatorRequiredScope="read write";` },
  })
  const now = clock.now() / 1000
  const claims = { sub: 'alice', exp: now + 1, scope: ['read', 'write'] }
  t.equal(Number((await login(connect(), bearer(unsecured(claims)))).sessionLifetimeMs), 1_000)
  const told = '{"status":"insufficient_scope", "scope":"[read, write]"}'
  await isRejected(t, connect(), bearer(unsecured({ ...claims, scope: 'read' })), told)
  const broken = connect()
  await broken.handshake(1, 'OAUTHBEARER')
  broken.authenticate(2, bearer(unsecured(claims, {}))).catch(() => {})
  t.same(await broken.ending(), { afterMs: 0, frames: [] })
})

t.test('configs that Kafka would not start with', async (t) => {
  const start = (config: Record<string, string>) =>
    Cluster.start({ listeners: [{ securityProtocol: 'SASL_PLAINTEXT', transport: 'memory' }], config }).then(
      async (cluster) => {
        await cluster.stop()
      },
    )
  const url = `${PREFIX}.oauthbearer.jwks.endpoint.url`
  const unverified = {
    'sasl.oauthbearer.allow.unverified.audience': 'true',
    'sasl.oauthbearer.allow.unverified.issuer': 'true',
  }
  const cases: [Record<string, string>, RegExp][] = [
    [{ [`${PREFIX}.jaas.config`]: 'x' }, /sasl\.jaas\.config: expected required/],
    [{ [`${PREFIX}.jaas.config`]: 'x required;' }, /sasl\.jaas\.config: expected org\.apache/],
    [
      { [`${PREFIX}.jaas.config`]: `${LOGIN_MODULE} unsecuredValidatorAllowableClockSkewMs="x";` },
      /expected milliseconds/,
    ],
    [{ [`${PREFIX}.server.callback.handler.class`]: 'org.apache.kafka.Other' }, /expected org\.apache/],
    [{ [`${PREFIX}.server.callback.handler.class`]: HANDLER }, /jwks\.endpoint\.url: expected/],
    [{ [url]: 'file:///nowhere' }, /expected\.audience: expected a value, or .*allow\.unverified\.audience/],
    [{ [url]: 'file:///nowhere', 'sasl.oauthbearer.expected.audience': 'a' }, /expected\.issuer: expected/],
    [{ [url]: 'ftp://x', ...unverified }, /expected a URL of http, https or file$/],
    [
      { [url]: 'https://alice:x@localhost', ...unverified },
      /expected a URL without a user's name and password/,
    ],
    [
      { [url]: 'http://x', 'sasl.oauthbearer.jwks.endpoint.refresh.ms': '0', ...unverified },
      /refresh\.ms: expected a number > 0/,
    ],
    [
      { [url]: 'http://x', 'sasl.oauthbearer.sub.claim.name': '', ...unverified },
      /sub\.claim\.name: expected/,
    ],
    [
      { 'listener.name.sasl_plaintext.oauthbearer.sasl.no.such': 'x' },
      /expected names of Kafka's broker configs/,
    ],
  ]
  for (const [config, message] of cases) await t.rejects(start(config), { constructor: OptionError, message })
  await t.rejects(start({ [url]: 'file:///nowhere', ...unverified }), {
    code: 'ENOENT',
    message: /cannot get the keys of tokens from \/nowhere: ENOENT/,
  })
  const gone = createServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port } = gone.address() as AddressInfo
  gone.close()
  await t.rejects(start({ [url]: `http://127.0.0.1:${port}/`, ...unverified }), {
    code: 'ECONNREFUSED',
    message: /cannot get the keys of tokens from http:/,
  })
})

async function keyServer(t: Test, answer: () => { status?: number; body: unknown }) {
  let asked = 0
  const handle: RequestListener = (_request, response) => {
    asked++
    const { status = 200, body } = answer()
    response.writeHead(status).end(JSON.stringify(body))
  }
  const server = createServer(handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`, asked: () => asked }
}

t.test(
  'the keys of others, by HTTP: fetched once for all brokers, again in time, and when one is missed',
  async (t) => {
    const signers = await Promise.all([makeSigner('1'), makeSigner('2'), makeSigner('3')])
    let body: unknown = { keys: [signers[0]?.jwk] }
    let status = 200
    const { url, asked } = await keyServer(t, () => ({ status, body }))
    const log = new LogKeeper()
    const logged = (start: string) => log.lines.filter(({ message }) => message.startsWith(start)).length
    const failures = () => logged('the keys of tokens cannot')
    /** Asked for so often, and each time to the end. */
    const isFetched = (count: number) => until(() => logged('the keys of tokens are') === count)
    const { cluster, clock, connect } = await saslRig(t, {
      brokers: 3,
      logger: log,
      config: {
        'sasl.server.callback.handler.class': HANDLER,
        'listener.name.sasl_plaintext.sasl.oauthbearer.jwks.endpoint.url': url,
        'sasl.oauthbearer.expected.audience': 'kafka,other',
        'sasl.oauthbearer.expected.issuer': 'us',
        [`${PREFIX}.oauthbearer.sub.claim.name`]: 'who',
      },
    })
    t.equal(asked(), 1)
    const token = (at: number, claims: object = {}) => {
      const now = clock.now() / 1000
      return signers[at]?.sign({
        iss: 'us',
        aud: ['kafka'],
        who: 'alice',
        iat: now,
        exp: now + 7200,
        ...claims,
      }) as Promise<string>
    }
    const isLetIn = async (tokenOf: Promise<string>) => {
      const { authBytes } = await login(connect(), bearer(await tokenOf))
      return authBytes.length === 0
    }
    t.ok(await isLetIn(token(0)))
    t.equal(cluster.sessions().at(-1)?.principal, 'User:alice')
    for (const claims of [
      { iss: 'them' },
      { aud: 'them' },
      { aud: undefined },
      { who: undefined, sub: 'alice' },
    ]) {
      t.notOk(await isLetIn(token(0, claims)), JSON.stringify(claims))
    }
    t.notOk(
      await isLetIn(cluster.oauth.issue({ subject: 'alice', claims: { iss: 'us', aud: 'kafka', who: 'a' } })),
    )
    await isFetched(2)

    body = { keys: [signers[0]?.jwk, signers[1]?.jwk] }
    t.notOk(await isLetIn(token(1)), 'at first')
    await isFetched(3)
    t.ok(await isLetIn(token(1)), 'then it is known')
    for (let round = 0; round < 3; round++) t.notOk(await isLetIn(token(2)))
    await isFetched(4)
    t.equal(asked(), 4, 'the same is not asked for again')
    clock.advance(60_000)
    t.notOk(await isLetIn(token(2)))
    await isFetched(5)
    t.notOk(await isLetIn(signers[2]?.sign({}, { kid: 'k'.repeat(1001) }) as Promise<string>))
    await turns(20)
    t.equal(asked(), 5, 'nobody asks for a key with such a name')

    status = 500
    clock.advance(3_600_000 - 60_000)
    await until(() => failures() === 1)
    t.equal(asked(), 6)
    t.ok(await isLetIn(token(0)), 'by the keys there are')
    clock.advance(99)
    await turns(20)
    t.equal(asked(), 6)
    for (const [delay, count] of [
      [1, 7],
      [200, 8],
      [400, 9],
    ] as const) {
      clock.advance(delay)
      await until(() => failures() === count - 5)
      t.equal(asked(), count)
    }
    status = 200
    body = { keys: [signers[2]?.jwk] }
    clock.advance(800)
    await isFetched(6)
    t.equal(asked(), 10)
    t.ok(await isLetIn(token(2)))
    t.notOk(await isLetIn(token(0)))
    await cluster.stop()
    t.equal(clock.pendingTimers, 0)
  },
)

t.test('keys in a file', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'josephk-jwks-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'keys of others.json')
  const signer = await makeSigner('1', 'RS256')
  writeFileSync(file, JSON.stringify({ keys: [signer.jwk] }))
  const { clock, connect } = await saslRig(t, {
    config: {
      [`${PREFIX}.oauthbearer.jwks.endpoint.url`]: new URL(`file://${file}`).href,
      'sasl.oauthbearer.allow.unverified.audience': true,
      'sasl.oauthbearer.allow.unverified.issuer': true,
    },
  })
  const now = clock.now() / 1000
  const token = await signer.sign({ sub: 'alice', aud: 'anybody', iat: now, exp: now + 10 })
  t.equal(Number((await login(connect(), bearer(token))).sessionLifetimeMs), 10_000)
})

t.test('the token endpoint', async (t) => {
  const { cluster, clock, connect } = await saslRig(t, {
    oauth: { expiresIn: 30, audience: 'kafka' },
    users: [
      { name: 'alice', password: 'sec ret&+%ü' },
      { name: 'bob', password: 'secret', mechanisms: ['PLAIN'] },
    ],
  })
  const { oauth } = cluster
  const ask = async (body: Record<string, string>, basic?: string) => {
    const headers: Record<string, string> = {}
    if (basic !== undefined) headers.authorization = `Basic ${Buffer.from(basic).toString('base64')}`
    const response = await fetch(oauth.tokenEndpointUrl, {
      method: 'POST',
      body: new URLSearchParams(body),
      headers,
    })
    return { status: response.status, body: (await response.json()) as Record<string, string> }
  }
  const grant = { grant_type: 'client_credentials' }
  const given = [
    await ask(grant, 'alice:sec ret&+%ü'),
    await ask(grant, `alice:${encodeURIComponent('sec ret&+%ü')}`),
    await ask({ ...grant, scope: 'a b', client_id: 'alice', client_secret: 'sec ret&+%ü' }),
  ]
  for (const [index, { status, body }] of given.entries()) {
    t.equal(status, 200)
    t.match(body, { token_type: 'Bearer', expires_in: 30 })
    t.equal(Number((await login(connect(), bearer(body.access_token as string))).sessionLifetimeMs), 30_000)
    const claims = decodeJwt(body.access_token as string)
    t.match(claims, { sub: 'alice', aud: 'kafka', iss: oauth.issuer, iat: clock.now() / 1000 })
    t.equal(claims.scope, index === 2 ? 'a b' : undefined)
  }
  for (const wrong of ['alice:secret', 'bob:secret', 'nobody:', ':', '']) {
    const { status, body } = await ask(grant, wrong)
    t.same([status, body], [401, { error: 'invalid_client' }])
  }
  t.match(await ask({}, 'alice:sec ret&+%ü'), { status: 400, body: { error: 'unsupported_grant_type' } })
  oauth.refuse('alice')
  t.match(await ask(grant, 'alice:sec ret&+%ü'), { status: 400, body: { error: 'unauthorized_client' } })
  oauth.accept('alice')
  cluster.users.changePassword('alice', 'other')
  t.match(await ask(grant, 'alice:sec ret&+%ü'), { status: 401 })
  t.match(await ask(grant, 'alice:other'), { status: 200 })

  const get = async (url: string, init = {}) => {
    const response = await fetch(url, init)
    return { status: response.status, body: (await response.json()) as object }
  }
  const { body: configuration } = await get(`${oauth.issuer}/.well-known/openid-configuration`)
  t.match(configuration, {
    issuer: oauth.issuer,
    token_endpoint: oauth.tokenEndpointUrl,
    jwks_uri: oauth.jwksUrl,
  })
  const { body: jwks } = await get(oauth.jwksUrl)
  t.same(jwks, await oauth.jwks())
  t.notOk(JSON.stringify(jwks).includes('"d"'), 'the private half stays where it is')
  const options = { currentDate: new Date(clock.now()), issuer: oauth.issuer }
  await jwtVerify(given[0]?.body.access_token as string, createLocalJWKSet(jwks as JSONWebKeySet), options)
  for (const [url, init, status] of [
    [oauth.tokenEndpointUrl, {}, 405],
    [oauth.jwksUrl, { method: 'POST' }, 405],
    [`${oauth.issuer}/`, {}, 404],
    [oauth.tokenEndpointUrl, { method: 'POST', body: 'x'.repeat(70_000) }, 413],
  ] as const) {
    t.equal((await get(url, init)).status, status)
  }
})

t.test('what tokens are issued, and taken back', async (t) => {
  const { cluster, clock, connect } = await saslRig(t)
  const { oauth } = cluster
  const [first, second] = [await oauth.issue({ subject: 'alice' }), await oauth.issue({ subject: 'alice' })]
  t.same(decodeJwt(first), {
    iss: oauth.issuer,
    sub: 'alice',
    iat: clock.now() / 1000,
    exp: clock.now() / 1000 + 3600,
    jti: decodeJwt(first).jti,
  })
  const claims = decodeJwt(
    await oauth.issue({
      subject: 'a',
      expiresIn: -1,
      scope: ['r', 'w'],
      audience: 'x',
      claims: { sub: 'b', more: 1 },
    }),
  )
  t.match(claims, { sub: 'b', more: 1, scope: ['r', 'w'], aud: 'x', exp: clock.now() / 1000 - 1 })
  const peer = connect()
  await login(peer, bearer(first))
  oauth.revoke(first)
  t.ok(await peer.isServed(), 'who is in stays in')
  await isRejected(t, connect(), bearer(first))
  t.equal((await login(connect(), bearer(second))).authBytes.length, 0)
  cluster.users.lock('alice')
  const locked = connect()
  await locked.handshake(1, 'OAUTHBEARER')
  const answer = locked.authenticate(2, bearer(second))
  await until(() => cluster.metrics.total('failed-authentication-total') === 2)
  await locked.ending()
  t.match(await answer, { errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED, errorMessage: VAGUE })
  t.throws(() => oauth.revoke('x'), { message: /^revoke expects a signed token/ })
  for (const url of ['tokenEndpointUrl', 'jwksUrl'] as const)
    t.throws(() => oauth[url], /expected the option oauth/)
  for (const [request, message] of [
    [{}, /option subject: expected/],
    [{ subject: 'a', expiresIn: '1h' }, /option expiresIn: expected seconds, a number, got '1h'/],
    [{ subject: 'a', scopes: 'x' }, /unknown option scopes/],
  ] as const) {
    await t.rejects(oauth.issue(request as never), { constructor: OptionError, message })
  }
  await t.rejects(Cluster.start({ oauth: { port: -1 } }), { message: /option oauth\.port: expected a port/ })
  await using other = await Cluster.start({ oauth: true })
  const taken = Number(new URL(other.oauth.jwksUrl).port)
  await t.rejects(Cluster.start({ oauth: { port: taken } }), { code: 'EADDRINUSE' })
})

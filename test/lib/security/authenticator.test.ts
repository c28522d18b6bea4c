// Every row of what a SASL listener does with a frame, byte for byte, on a clock that stands still.
import t, { type Test } from 'tap'
import { Cluster, type ListenerOptions, OptionError } from '../../../lib/index.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { fetch } from '../../../protocol/messages/fetch.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { saslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../../protocol/messages/sasl-handshake.ts'
import { decodeResponse, requestBytes } from '../../helpers/network.ts'
import { turns, until } from '../../helpers/network-turns.ts'
import { type SaslPeer, saslRig } from '../../helpers/security/sasl-rig.ts'
import { ScramClient } from '../../helpers/security/scram-client.ts'

const DELAY_MS = 100
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']
const SOFTWARE = { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' }

/** Closed after the delay, having said nothing. */
async function failsSilently(t: Test, peer: SaslPeer): Promise<void> {
  t.same(await peer.ending(), { afterMs: DELAY_MS, frames: [] })
}

async function closesAtOnce(t: Test, peer: SaslPeer): Promise<void> {
  t.same(await peer.ending(), { afterMs: 0, frames: [] })
}

t.test('ApiVersions before authentication is answered as after it', async (t) => {
  const { cluster, connect } = await saslRig(t)
  for (const version of [0, 1, 2, 3, 4, 5]) {
    const [before, after] = [connect(), connect()]
    await after.loginPlain()
    const first = await before.request(apiVersions, version, SOFTWARE)
    t.same(first, await after.request(apiVersions, version, SOFTWARE), `v${version}`)
    t.ok(first.body.apiKeys.some(({ apiKey }) => apiKey === saslHandshake.key))
    t.equal(first.body.throttleTimeMs, 0)
    t.equal((await before.loginPlain()).errorCode, 0)
  }
  t.equal(cluster.sessions().length, 12)
})

t.test('ApiVersions in a version that is not served leaves another try', async (t) => {
  const { connect } = await saslRig(t)
  const peer = connect()
  for (let attempt = 0; attempt < 2; attempt++) {
    peer.sendFrame(Buffer.from('00127fff0000000700000000', 'hex'))
    const { correlationId, body } = decodeResponse(apiVersions, 0, await peer.frame())
    t.equal(correlationId, 7)
    t.equal(body.errorCode, ErrorCode.UNSUPPORTED_VERSION)
    t.same(
      body.apiKeys.map(({ apiKey }) => apiKey),
      [apiVersions.key],
    )
  }
  t.equal((await peer.request(apiVersions, 4, SOFTWARE)).body.errorCode, 0)
  t.equal((await peer.loginPlain()).errorCode, 0)
})

t.test('ApiVersions of a software without a proper name leaves another try', async (t) => {
  const { connect } = await saslRig(t)
  const peer = connect()
  const bad = { clientSoftwareName: '-', clientSoftwareVersion: '1' }
  t.equal((await peer.request(apiVersions, 3, bad)).body.errorCode, ErrorCode.INVALID_REQUEST)
  t.equal((await peer.request(apiVersions, 3, SOFTWARE)).body.errorCode, 0)
  t.equal((await peer.loginPlain()).errorCode, 0)
})

t.test('a second ApiVersions closes the connection', async (t) => {
  const { connect } = await saslRig(t)
  const peer = connect()
  await peer.request(apiVersions, 0, {})
  peer.send(requestBytes(apiVersions, 0, {}))
  await closesAtOnce(t, peer)
})

t.test('SaslHandshake names every mechanism of the listener', async (t) => {
  const { connect } = await saslRig(t)
  for (const version of [0, 1]) {
    for (const mechanism of MECHANISMS) {
      t.same(await connect().handshake(version, mechanism), { errorCode: 0, mechanisms: MECHANISMS })
    }
  }
})

t.test('SaslHandshake with a mechanism that is not offered is told so, later', async (t) => {
  const { connect, clock } = await saslRig(t)
  for (const withVersions of [false, true]) {
    const peer = connect()
    if (withVersions) await peer.request(apiVersions, 0, {})
    peer.send(requestBytes(saslHandshake, 1, { mechanism: 'GSSAPI' }))
    await turns(5)
    clock.advance(DELAY_MS - 1)
    await turns(5)
    t.equal(peer.chunks.length, withVersions ? 1 : 0, 'the answer is withheld')
    clock.advance(1)
    const { body } = decodeResponse(saslHandshake, 1, await peer.frame())
    t.same(body, { errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM, mechanisms: MECHANISMS })
    t.same(await peer.ended(), [])
  }
})

t.test('without a delay the answer and the end come at once', async (t) => {
  const { connect } = await saslRig(t, { config: { 'connection.failed.authentication.delay.ms': 0 } })
  const peer = connect()
  peer.send(requestBytes(saslHandshake, 1, { mechanism: 'GSSAPI' }))
  const { afterMs, frames } = await peer.ending()
  t.equal(afterMs, 0)
  t.equal(frames.length, 1)
})

t.test('any other API before authentication closes the connection, its body unread', async (t) => {
  const { connect } = await saslRig(t)
  for (const withVersions of [false, true]) {
    for (const bytes of [
      requestBytes(metadata, 12, {}),
      requestBytes(saslAuthenticate, 2, { authBytes: Buffer.from('\0alice\0secret') }),
      Buffer.from('0000000c0003000c0000000100000000', 'hex'), // Metadata without a body
    ]) {
      const peer = connect()
      if (withVersions) await peer.request(apiVersions, 0, {})
      peer.send(bytes)
      await closesAtOnce(t, peer)
    }
  }
})

t.test('a frame that is no request closes the connection', async (t) => {
  const { cluster, connect } = await saslRig(t)
  const bad = { clientSoftwareName: '-', clientSoftwareVersion: '1' }
  for (const software of [undefined, SOFTWARE, bad]) {
    for (const frame of ['', '60', '6082021306092a864886f712010202', '00127f', '7fff000000000001ffff']) {
      const peer = connect()
      if (software) await peer.request(apiVersions, 3, software)
      peer.sendFrame(Buffer.from(frame, 'hex'))
      await closesAtOnce(t, peer)
    }
  }
  t.equal(cluster.metrics.total('failed-authentication-total'), 0)
})

t.test('a body that cannot be read closes the connection, as does an unknown SaslHandshake', async (t) => {
  const { connect } = await saslRig(t)
  for (const frame of [
    '0011000100000001ffff', // SaslHandshake v1 without a body
    '0011000100000001ffff00ff41', // with a mechanism longer than the frame
    '0011000200000001ffff0005504c41494e', // v2
    '0012000300000001ffff00', // ApiVersions v3 without a body
  ]) {
    const peer = connect()
    peer.sendFrame(Buffer.from(frame, 'hex'))
    await closesAtOnce(t, peer)
  }
})

t.test('after SaslHandshake v0 tokens go without anything around them', async (t) => {
  const { cluster, connect } = await saslRig(t)
  const peer = connect()
  t.equal((await peer.handshake(0, 'PLAIN')).errorCode, 0)
  t.equal((await peer.token('\0alice\0secret')).length, 0)
  t.ok(await peer.isServed())
  t.equal(cluster.metrics.total('successful-authentication-no-reauth-total'), 1)

  const wrong = connect()
  await wrong.handshake(0, 'PLAIN')
  wrong.sendFrame(Buffer.from('\0alice\0wrong'))
  await failsSilently(t, wrong)

  const lost = connect()
  await lost.handshake(0, 'SCRAM-SHA-256')
  lost.sendFrame(Buffer.from('nonsense'))
  await closesAtOnce(t, lost)
})

t.test('after SaslHandshake v1 tokens go in SaslAuthenticate of any version', async (t) => {
  const { cluster, connect } = await saslRig(t)
  for (const version of [0, 1, 2]) {
    const peer = connect()
    const { errorCode, errorMessage, authBytes, sessionLifetimeMs } = await peer.loginPlain(
      'alice',
      'secret',
      version,
    )
    t.same([errorCode, errorMessage, authBytes.length, sessionLifetimeMs], [0, '', 0, 0])
    t.ok(await peer.isServed())
  }
  t.equal(cluster.metrics.total('successful-authentication-no-reauth-total'), 1)
  t.equal(cluster.metrics.total('successful-authentication-total'), 3)
})

t.test('any other API after SaslHandshake v1 is told so in its own response, later', async (t) => {
  const { connect } = await saslRig(t)
  const refused = async (bytes: Buffer): Promise<Buffer> => {
    const peer = connect()
    await peer.handshake(1, 'PLAIN')
    peer.send(bytes)
    const { afterMs, frames } = await peer.ending()
    t.equal(afterMs, DELAY_MS)
    t.equal(frames.length, 1)
    return frames[0] as Buffer
  }
  const code = ErrorCode.ILLEGAL_SASL_STATE
  const versions = decodeResponse(apiVersions, 0, await refused(requestBytes(apiVersions, 0, {})))
  t.same(versions.body.errorCode, code)
  t.same(versions.body.apiKeys, [])
  const again = await refused(requestBytes(saslHandshake, 1, { mechanism: 'PLAIN' }))
  t.same(decodeResponse(saslHandshake, 1, again).body, { errorCode: code, mechanisms: [] })

  const topics = [{ name: 'a' }, { name: 'b' }]
  const told = decodeResponse(metadata, 4, await refused(requestBytes(metadata, 4, { topics })))
  t.same(
    told.body.topics.map(({ name, errorCode }) => [name, errorCode]),
    [
      ['a', code],
      ['b', code],
    ],
  )
  const topicData = [{ name: 'a', partitionData: [{ index: 3 }] }]
  const produced = await refused(requestBytes(produce, 8, { acks: 1, topicData }))
  const [topic] = decodeResponse(produce, 8, produced).body.responses
  t.equal(topic?.name, 'a')
  t.match(topic?.partitionResponses, [{ index: 3, errorCode: code }])
  const fetched = decodeResponse(fetch, 12, await refused(requestBytes(fetch, 12, {})))
  t.equal(fetched.body.errorCode, code)
  const found = await refused(requestBytes(findCoordinator, 4, { coordinatorKeys: ['g'] }))
  t.match(decodeResponse(findCoordinator, 4, found).body.coordinators, [
    {
      key: 'g',
      errorCode: code,
      errorMessage: 'Request is not valid given the current SASL state.',
    },
  ])
})

t.test('an unsupported version or garbage after SaslHandshake v1 closes the connection', async (t) => {
  const { connect } = await saslRig(t)
  for (const frame of [
    '0024000300000001ffff0000', // SaslAuthenticate v3
    '0003270f00000001ffff0000', // Metadata v9999
    '0024000100000001ffff', // SaslAuthenticate v1 without a body
    '7fff000000000001ffff',
    '60',
    '',
  ]) {
    const peer = connect()
    await peer.handshake(1, 'PLAIN')
    peer.sendFrame(Buffer.from(frame, 'hex'))
    await closesAtOnce(t, peer)
  }
})

t.test(
  'a frame above sasl.server.max.receive.size fails before authentication, and passes after it',
  async (t) => {
    const { cluster, connect } = await saslRig(t, { config: { 'sasl.server.max.receive.size': 300 } })
    for (const version of [undefined, 0, 1]) {
      const peer = connect()
      if (version !== undefined) await peer.handshake(version, 'PLAIN')
      peer.send(Buffer.from('0000012d', 'hex'))
      await failsSilently(t, peer)
    }
    t.equal(cluster.metrics.total('failed-authentication-total'), 3)
    const peer = connect()
    await peer.loginPlain()
    const topics = [{ name: 'x'.repeat(400) }]
    t.equal(
      (await peer.request(metadata, 1, { topics })).body.topics[0]?.errorCode,
      ErrorCode.INVALID_TOPIC_EXCEPTION,
    )
  },
)

t.test('PLAIN says why it refuses', async (t) => {
  const { cluster, connect } = await saslRig(t)
  const refusals: [string, string][] = [
    ['alice', 'Invalid SASL/PLAIN response: expected 3 tokens, got 1'],
    ['\0alice', 'Invalid SASL/PLAIN response: expected 3 tokens, got 2'],
    ['\0alice\0secret\0', 'Invalid SASL/PLAIN response: expected 3 tokens, got 4'],
    ['\0\0\0\0\0', 'Invalid SASL/PLAIN response: expected 3 tokens, got 4'],
    ['\0\0secret', 'Authentication failed: username not specified'],
    ['\0alice\0', 'Authentication failed: password not specified'],
    ['\0alice\0wrong', 'Authentication failed: Invalid username or password'],
    ['\0nobody\0secret', 'Authentication failed: Invalid username or password'],
    [
      'bob\0alice\0secret',
      'Authentication failed: Client requested an authorization id that is different from username',
    ],
  ]
  for (const [token, errorMessage] of refusals) {
    const peer = connect()
    await peer.handshake(1, 'PLAIN')
    peer.send(requestBytes(saslAuthenticate, 2, { authBytes: Buffer.from(token) }))
    const { afterMs, frames } = await peer.ending()
    t.equal(afterMs, DELAY_MS)
    const { body } = decodeResponse(saslAuthenticate, 2, frames[0] as Buffer)
    const errorCode = ErrorCode.SASL_AUTHENTICATION_FAILED
    t.match(body, { errorCode, errorMessage, sessionLifetimeMs: 0 })
    t.equal(body.authBytes.length, 0)
  }
  t.equal(cluster.metrics.total('failed-authentication-total'), refusals.length)
  const own = connect()
  await own.handshake(1, 'PLAIN')
  t.equal((await own.authenticate(0, 'alice\0alice\0secret')).errorCode, 0)
})

t.test('users change while clients come and go', async (t) => {
  const { cluster, connect } = await saslRig(t)
  const code = async (user: string, password: string): Promise<number> => {
    const peer = connect()
    await peer.handshake(1, 'PLAIN')
    peer.send(requestBytes(saslAuthenticate, 2, { authBytes: Buffer.from(`\0${user}\0${password}`) }))
    await turns(6)
    cluster.clock.advance(DELAY_MS)
    return decodeResponse(saslAuthenticate, 2, await peer.frame()).body.errorCode
  }
  const wrong = ErrorCode.SASL_AUTHENTICATION_FAILED
  const { users } = cluster
  t.equal(await code('bob', 'b'), wrong)
  users.add({ name: 'bob', password: 'b', mechanisms: ['PLAIN'] })
  t.equal(await code('bob', 'b'), 0)
  t.same(users.list(), [
    { name: 'alice', mechanisms: MECHANISMS, locked: false, mapsTo: 'alice' },
    { name: 'bob', mechanisms: ['PLAIN'], locked: false, mapsTo: 'bob' },
  ])
  users.changePassword('bob', 'c')
  t.equal(await code('bob', 'b'), wrong)
  t.equal(await code('bob', 'c'), 0)
  users.remove('bob')
  t.equal(await code('bob', 'c'), wrong)
  t.throws(() => users.remove('bob'), RangeError)
  t.throws(() => users.changePassword('bob', 'x'), RangeError)
  t.throws(() => users.add({ name: 'alice', password: 'x' }), /changePassword/)
  t.throws(() => users.add({ name: 'carol', password: '' }), /^option password: expected a non-empty text$/)
})

t.test("PLAIN knows the users of its listener's sasl.jaas.config too", async (t) => {
  const config = 'listener.name.a.plain.sasl.jaas.config'
  const module = 'org.apache.kafka.common.security.plain.PlainLoginModule'
  const { cluster, connect } = await saslRig(t, {
    listeners: ['A', 'B'].map((name) => ({ name, securityProtocol: 'SASL_PLAINTEXT', transport: 'memory' })),
    config: {
      'connection.failed.authentication.delay.ms': 0,
      [config]: `${module} required username="x" password="y" user_alice="of A" user_bob="s\\"1";`,
      // It has to be said for which listener and for which mechanism.
      'sasl.jaas.config': `${module} required user_carol="secret";`,
      'listener.name.b.sasl.jaas.config': `${module} required user_carol="secret";`,
    },
  })
  const code = async (listener: string, user: string, password: string) =>
    (await connect(listener).loginPlain(user, password)).errorCode
  t.equal(await code('A', 'bob', 's"1'), 0)
  t.equal(cluster.sessions().at(-1)?.principal, 'User:bob')
  t.equal(await code('A', 'alice', 'of A'), 0, 'what is said of the listener wins')
  for (const [listener, user, password] of [
    ['A', 'alice', 'secret'],
    ['A', 'bob', ''],
    ['A', 'x', 'y'],
    ['A', 'carol', 'secret'],
    ['B', 'carol', 'secret'],
    ['B', 'bob', 's"1'],
    ['B', 'alice', 'of A'],
  ] as const) {
    const refused = ErrorCode.SASL_AUTHENTICATION_FAILED
    t.equal(await code(listener, user, password), refused, `${listener}: ${user}, ${password}`)
  }
  t.equal(await code('B', 'alice', 'secret'), 0)
  cluster.users.lock('bob')
  t.equal(await code('A', 'bob', 's"1'), ErrorCode.SASL_AUTHENTICATION_FAILED)
  for (const text of ['', 'x required;', `${module} required user_a="1"`]) {
    const listeners = [{ name: 'A', securityProtocol: 'SASL_PLAINTEXT' as const }]
    await t.rejects(Cluster.start({ listeners, config: { [config]: text } }), {
      name: OptionError.name,
      message: /^option config: sasl\.jaas\.config: expected/,
    })
  }
})

t.test('listeners have mechanisms of their own', async (t) => {
  const { connect } = await saslRig(t, {
    listeners: [
      {
        name: 'A',
        securityProtocol: 'SASL_PLAINTEXT',
        saslMechanisms: ['SCRAM-SHA-512'],
        transport: 'memory',
      },
      { name: 'B', securityProtocol: 'SASL_PLAINTEXT', transport: 'memory' },
      { name: 'C', securityProtocol: 'SASL_PLAINTEXT', transport: 'memory' },
    ],
    config: {
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
      'listener.name.c.sasl.enabled.mechanisms': 'SCRAM-SHA-256',
    },
  })
  for (const [listener, mechanisms] of [
    ['A', ['SCRAM-SHA-512']],
    ['B', ['PLAIN', 'SCRAM-SHA-256']],
    ['C', ['SCRAM-SHA-256']],
  ] as const) {
    t.same(await connect(listener).handshake(1, mechanisms[0]), { errorCode: 0, mechanisms })
  }
})

t.test('mechanisms where they are out of place, or that there are not, are refused at start', async (t) => {
  const start = (listener: ListenerOptions, config = {}) =>
    t.rejects(Cluster.start({ listeners: [listener], config }), OptionError)
  await start({ saslMechanisms: ['PLAIN'] })
  await start({ securityProtocol: 'SASL_PLAINTEXT', saslMechanisms: ['NONE' as 'PLAIN'] })
  await start({ securityProtocol: 'SASL_PLAINTEXT' }, { 'sasl.enabled.mechanisms': 'PLAIN,GSSAPI' })
  await start(
    { name: 'IN', securityProtocol: 'SASL_PLAINTEXT' },
    { 'listener.name.in.sasl.server.max.receive.size': 'x' },
  )
})

t.test('where nobody needs to authenticate, SASL is out of place and harmless', async (t) => {
  const { cluster, connect } = await saslRig(t, { listeners: [{ transport: 'memory' }] })
  const peer = connect()
  const code = ErrorCode.ILLEGAL_SASL_STATE
  t.same(await peer.handshake(1, 'PLAIN'), { errorCode: code, mechanisms: [] })
  const { errorCode, errorMessage } = await peer.authenticate(2, '\0alice\0secret')
  t.same(
    [errorCode, errorMessage],
    [code, 'SaslAuthenticate request received after successful authentication'],
  )
  t.ok(await peer.isServed())
  t.same(cluster.sessions(), [])
})

t.test('who hangs up, or is hung up on, while failing leaves nothing behind', async (t) => {
  const { cluster, clock, connect } = await saslRig(t)
  const timers = clock.pendingTimers
  const gone = connect()
  gone.send(requestBytes(saslHandshake, 1, { mechanism: 'NONE' }))
  await turns(5)
  t.equal(clock.pendingTimers, timers + 2, 'the idle timer and the delay')
  gone.socket.destroy()
  await turns(5)
  clock.advance(DELAY_MS)
  await until(() => clock.pendingTimers === timers)
  const failing = connect()
  failing.send(requestBytes(saslHandshake, 1, { mechanism: 'NONE' }))
  await turns(5)
  await cluster.stop()
  t.same(await failing.ended(), [])
})

/** KIP-43's first draft: `version int16, mechanism string`. */
function draftChoice(mechanism: string, version = 0): Buffer {
  const head = Buffer.alloc(4)
  head.writeInt16BE(version)
  head.writeInt16BE(mechanism.length, 2)
  return Buffer.concat([head, Buffer.from(mechanism)])
}

t.test(
  "KIP-43's draft with an empty frame: the mechanisms are told, one is named, bare tokens follow",
  async (t) => {
    const { cluster, connect } = await saslRig(t, {
      listeners: [
        {
          securityProtocol: 'SASL_PLAINTEXT',
          transport: 'memory',
          saslMechanisms: ['PLAIN', 'SCRAM-SHA-256'],
          earlyNegotiation: 'kip43-empty-frame',
        },
      ],
    })
    const offered = async (): Promise<SaslPeer> => {
      const peer = connect()
      t.equal((await peer.token('')).toString('latin1'), '\0\0\0\0\0\x02\0\x05PLAIN\0\x0dSCRAM-SHA-256')
      return peer
    }
    const plain = await offered()
    plain.sendFrame(draftChoice('PLAIN'))
    t.equal((await plain.token('\0alice\0secret')).length, 0)
    t.ok(await plain.isServed())
    const scram = await offered()
    const client = new ScramClient('SCRAM-SHA-256', 'alice', 'secret')
    scram.sendFrame(draftChoice('SCRAM-SHA-256'))
    t.ok(client.isServer(await scram.token(client.final(await scram.token(client.first())))))
    t.same(
      cluster.sessions().map(({ mechanism }) => mechanism),
      ['PLAIN', 'SCRAM-SHA-256'],
    )

    const wrong = await offered()
    wrong.sendFrame(draftChoice('PLAIN'))
    wrong.sendFrame(Buffer.from('\0alice\0wrong'))
    await failsSilently(t, wrong)
    const unknown = await offered()
    unknown.sendFrame(draftChoice('NTLM'))
    await failsSilently(t, unknown)
    for (const frame of [
      draftChoice('PLAIN', 1),
      Buffer.concat([draftChoice('PLAIN'), Buffer.of(0)]),
      Buffer.from('0000ffff', 'hex'),
      Buffer.alloc(0),
    ]) {
      const peer = await offered()
      peer.sendFrame(frame)
      await closesAtOnce(t, peer)
    }
    t.equal((await connect().loginPlain()).errorCode, 0, 'who begins as ever is served as ever')
    const late = connect()
    await late.request(apiVersions, 0, {})
    late.sendFrame(Buffer.alloc(0))
    await closesAtOnce(t, late)
  },
)

t.test("KIP-43's draft without negotiation: the first frame is a token", async (t) => {
  const listener = {
    securityProtocol: 'SASL_PLAINTEXT',
    transport: 'memory',
    saslMechanisms: ['PLAIN'],
    earlyNegotiation: 'kip43-none',
  } as const
  const { connect } = await saslRig(t, { listeners: [listener] })
  const peer = connect()
  t.equal((await peer.token('\0alice\0secret')).length, 0)
  t.ok(await peer.isServed())
  for (const token of ['\0alice\0wrong', 'nonsense']) {
    const other = connect()
    other.sendFrame(Buffer.from(token))
    await failsSilently(t, other)
  }
  const handshake = connect()
  handshake.send(requestBytes(saslHandshake, 1, { mechanism: 'PLAIN' }))
  await failsSilently(t, handshake)
  const refuses = (options: object, message: RegExp) => {
    const listeners = [{ ...listener, ...options }] as ListenerOptions[]
    return t.rejects(Cluster.start({ listeners }), { name: 'OptionError', message })
  }
  await refuses(
    { saslMechanisms: ['PLAIN', 'SCRAM-SHA-256'] },
    /expected one mechanism, got PLAIN, SCRAM-SHA-256$/,
  )
  await refuses({ earlyNegotiation: 'kip43' }, /expected 'kip43-empty-frame' or 'kip43-none', got 'kip43'$/)
  await refuses(
    { securityProtocol: 'PLAINTEXT', saslMechanisms: undefined },
    /^option listeners\[0\]\.earlyNegotiation: expected securityProtocol/,
  )
})

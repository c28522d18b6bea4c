// Sessions that end (KIP-368): how long they last, who is told, what ends them, and how clients authenticate again.
import t, { type Test } from 'tap'
import { Cluster, type ClusterOptions, type ManualClock, OptionError } from '../../../lib/index.ts'
import { sessionLifetime } from '../../../lib/security/session-lifetime.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { saslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../../protocol/messages/sasl-handshake.ts'
import { decodeResponse, requestBytes } from '../../helpers/network.ts'
import { turns } from '../../helpers/network-turns.ts'
import { type SaslPeer, saslRig } from '../../helpers/security/sasl-rig.ts'

const HOUR_MS = 3_600_000
const DELAY_MS = 100
const ILLEGAL = ErrorCode.ILLEGAL_SASL_STATE

/** A broker whose sessions last an hour, and a client that is logged in. */
async function hourly(t: Test, options: ClusterOptions<ManualClock> = {}) {
  const rig = await saslRig(t, {
    config: { 'connections.max.reauth.ms': HOUR_MS, 'connections.max.idle.ms': -1 },
    ...options,
  })
  const peer = rig.connect()
  t.equal((await peer.loginPlain()).sessionLifetimeMs, HOUR_MS)
  const [session] = rig.cluster.sessions()
  if (!session) throw new Error('no session')
  return { ...rig, peer, session, total: (name: string) => rig.cluster.metrics.total(name) }
}

async function isCutOff(t: Test, peer: SaslPeer, bytes = requestBytes(apiVersions, 0, {})): Promise<void> {
  peer.send(bytes)
  t.same(await peer.ending(), { afterMs: 0, frames: [] })
}

t.test('how long a session lasts', async (t) => {
  const now = 1_000_000
  const rows: [string, number, number | undefined, number, boolean][] = [
    ['no limit, no expiry', 0, undefined, 0, false],
    ['a negative limit is none', -5, undefined, 0, false],
    ['a limit', 500, undefined, 500, true],
    ['an expiry, which counts without a limit too', 0, now + 300, 300, true],
    ['an expiry that has been', 0, now - 300, 0, true],
    ['the sooner of the two: expiry', 500, now + 300, 300, true],
    ['the sooner of the two: limit', 500, now + 900, 500, true],
    ['the sooner of the two: it has been', 500, now - 1, 0, true],
    ['more than Kafka can count', Number.MAX_SAFE_INTEGER, undefined, 9_200_000_000_000, true],
  ]
  for (const [name, max, expiry, lifetimeMs, isEnforced] of rows) {
    t.same(sessionLifetime(max, expiry, now), { lifetimeMs, isEnforced }, name)
  }
})

t.test('every prefix of connections.max.reauth.ms, the narrowest first', async (t) => {
  const { connect } = await saslRig(t, {
    listeners: ['A', 'B'].map((name) => ({ name, securityProtocol: 'SASL_PLAINTEXT', transport: 'memory' })),
    config: {
      'connections.max.reauth.ms': 1000,
      'listener.name.a.connections.max.reauth.ms': 2000,
      'listener.name.a.scram-sha-256.connections.max.reauth.ms': 3000,
      // A mechanism without a listener is nobody's.
      'listener.name.c.plain.connections.max.reauth.ms': 4000,
    },
  })
  const lifetime = async (listener: string, mechanism: string) => {
    return (await connect(listener).loginScram(mechanism)).map(({ sessionLifetimeMs }) => sessionLifetimeMs)
  }
  t.same(await lifetime('A', 'SCRAM-SHA-256'), [0, 3000], 'only the last answer tells')
  t.same(await lifetime('A', 'SCRAM-SHA-512'), [0, 2000])
  t.same(await lifetime('B', 'SCRAM-SHA-256'), [0, 1000])
  const wrong = { 'listener.name.sasl_plaintext.plain.connections.max.reauth.ms': 'soon' }
  const listeners = [{ securityProtocol: 'SASL_PLAINTEXT' as const }]
  await t.rejects(Cluster.start({ listeners, config: wrong }), OptionError)
})

t.test('a broker has configs of its own', async (t) => {
  const { connect } = await saslRig(t, {
    brokers: [{ config: { 'connections.max.reauth.ms': 7000 } }],
    config: { 'connections.max.reauth.ms': 1000 },
  })
  t.equal((await connect().loginPlain()).sessionLifetimeMs, 7000)
})

t.test('after its end the first request closes the connection, whatever it is', async (t) => {
  for (const bytes of [
    requestBytes(apiVersions, 0, {}),
    requestBytes(metadata, 4, { topics: [] }),
    requestBytes(saslAuthenticate, 2, { authBytes: Buffer.from('\0alice\0secret') }),
  ]) {
    const { cluster, clock, peer, total } = await hourly(t)
    clock.advance(HOUR_MS)
    t.ok(await peer.isServed(), 'the last moment is within')
    clock.advance(1)
    await turns(5)
    t.notOk(peer.isOver, 'an idle one is left alone')
    t.equal(cluster.sessions()[0]?.expiresInMs, -1)
    await isCutOff(t, peer, bytes)
    t.same(cluster.sessions(), [])
    t.equal(total('expired-connections-killed-count'), 1)
    t.equal(total('ExpiredConnectionsKilledCount'), 1)
    t.equal(total('failed-authentication-total'), 0)
  }
})

t.test('who is told nothing is cut off all the same', async (t) => {
  const { clock, connect } = await hourly(t)
  const told = connect()
  t.equal((await told.loginPlain('alice', 'secret', 1)).sessionLifetimeMs, HOUR_MS)
  const old = connect()
  t.equal((await old.loginPlain('alice', 'secret', 0)).sessionLifetimeMs, 0)
  const bare = connect()
  await bare.handshake(0, 'PLAIN')
  await bare.token('\0alice\0secret')
  clock.advance(HOUR_MS + 1)
  for (const peer of [told, old, bare]) await isCutOff(t, peer)
})

t.test('requests that were sent in time but are taken up late die with the connection', async (t) => {
  const { cluster, clock, peer } = await hourly(t)
  const [session] = cluster.sessions()
  peer.send(Buffer.concat([1, 2, 3].map(() => requestBytes(apiVersions, 0, {}))))
  clock.advance(HOUR_MS + 1)
  t.same(await peer.ending(), { afterMs: 0, frames: [] })
  t.equal(session?.requests, 0)
})

t.test('without a limit sessions last', async (t) => {
  const { cluster, clock, connect } = await saslRig(t, { config: { 'connections.max.idle.ms': -1 } })
  const peer = connect()
  t.equal((await peer.loginPlain()).sessionLifetimeMs, 0)
  clock.advance(1000 * HOUR_MS)
  t.ok(await peer.isServed())
  t.same(await peer.handshake(1, 'PLAIN'), { errorCode: ILLEGAL, mechanisms: [] })
  const { errorCode, errorMessage } = await peer.authenticate(2, '')
  t.same(
    [errorCode, errorMessage],
    [ILLEGAL, 'SaslAuthenticate request received after successful authentication'],
  )
  t.equal(cluster.sessions()[0]?.expiresInMs, undefined)
})

t.test('authenticating again begins a new epoch, in time or late, on the same connection', async (t) => {
  const { cluster, clock, peer, session, total } = await hourly(t)
  const { connectionId } = session
  await peer.isServed()
  await peer.isServed()
  t.match(session, {
    nodeId: 0,
    listener: 'SASL_PLAINTEXT',
    principal: 'User:alice',
    mechanism: 'PLAIN',
    lifetimeMs: HOUR_MS,
    reauthentications: 0,
    requests: 2,
    expiresInMs: HOUR_MS,
  })
  for (const wait of [HOUR_MS / 2, 5 * HOUR_MS]) {
    clock.advance(wait)
    t.equal((await peer.loginPlain()).sessionLifetimeMs, HOUR_MS)
    t.match(session, { requests: 0, expiresInMs: HOUR_MS })
    t.ok(await peer.isServed())
  }
  t.equal(session.reauthentications, 2)
  t.same(
    cluster.sessions().map((one) => one.connectionId),
    [connectionId],
  )
  t.equal(total('successful-authentication-total'), 1)
  t.equal(total('successful-reauthentication-total'), 2)
  t.equal(total('failed-reauthentication-total'), 0)
})

t.test('the mechanism of tokens may be framed another way the next time', async (t) => {
  const { clock, peer, session } = await hourly(t)
  await peer.handshake(0, 'PLAIN')
  t.equal((await peer.token('\0alice\0secret')).length, 0)
  t.ok(await peer.isServed())
  clock.advance(1000)
  t.equal((await peer.loginPlain()).sessionLifetimeMs, HOUR_MS)
  t.equal(session.reauthentications, 2)
})

t.test('not more than once a second, counted from where the last one began', async (t) => {
  const { clock, peer, session } = await hourly(t)
  await peer.loginPlain()
  for (const [wait, mechanism] of [
    [999, 'PLAIN'],
    [0, 'NONE'],
  ] as const) {
    clock.advance(wait)
    t.same(await peer.handshake(1, mechanism), { errorCode: ILLEGAL, mechanisms: [] })
  }
  t.ok(await peer.isServed())
  clock.advance(1)
  await peer.loginPlain()
  t.equal(session.reauthentications, 2)
  session.expire()
  await isCutOff(t, peer, requestBytes(saslHandshake, 1, { mechanism: 'PLAIN' }))
})

t.test('failing to authenticate again ends the connection', async (t) => {
  const REFUSED = ErrorCode.SASL_AUTHENTICATION_FAILED
  const again = async (fail: (peer: SaslPeer) => Promise<void>, counted: number, delayMs = DELAY_MS) => {
    const { cluster, peer, total } = await hourly(t)
    cluster.users.add({ name: 'bob', password: 'secret' })
    await fail(peer)
    const { afterMs, frames } = await peer.ending()
    t.equal(afterMs, delayMs)
    t.equal(total('failed-reauthentication-total'), counted)
    t.equal(total('failed-authentication-total'), 0)
    t.same(cluster.sessions(), [])
    return frames
  }
  const told = (frames: Buffer[]) => decodeResponse(saslAuthenticate, 2, frames[0] as Buffer).body
  const plain = (token: string) => async (peer: SaslPeer) => {
    await peer.handshake(1, 'PLAIN')
    peer.send(requestBytes(saslAuthenticate, 2, { authBytes: Buffer.from(token) }))
  }

  t.match(told(await again(plain('\0bob\0secret'), 1)), {
    errorCode: REFUSED,
    errorMessage: 'Cannot change principals during re-authentication from User.alice: User.bob',
  })
  t.match(told(await again(plain('\0alice\0wrong'), 1)), {
    errorCode: REFUSED,
    errorMessage: 'Authentication failed: Invalid username or password',
  })
  const notOffered = async (peer: SaslPeer) =>
    peer.send(requestBytes(saslHandshake, 1, { mechanism: 'GSSAPI' }))
  t.same(await again(notOffered, 0, 0), [])
  const another = async (peer: SaslPeer) => {
    t.equal((await peer.handshake(1, 'SCRAM-SHA-256')).errorCode, 0)
    peer.send(requestBytes(saslAuthenticate, 2, { authBytes: Buffer.from('n,,n=alice,r=a') }))
  }
  t.same(await again(another, 1), [])
  const other = async (peer: SaslPeer) => {
    await peer.handshake(1, 'PLAIN')
    peer.send(requestBytes(metadata, 13, {}))
  }
  const [frame] = await again(other, 1)
  t.equal(decodeResponse(metadata, 13, frame as Buffer).body.errorCode, ILLEGAL)
  const large = async (peer: SaslPeer) => {
    await peer.handshake(1, 'PLAIN')
    peer.send(Buffer.from('00080001', 'hex'))
  }
  t.same(await again(large, 1), [])
  const unreadable = async (peer: SaslPeer) =>
    peer.sendFrame(Buffer.from('0011000100000001ffff00ff41', 'hex'))
  t.same(await again(unreadable, 0, 0), [])
})

t.test('SCRAM is as vague the second time', async (t) => {
  const { connect, clock } = await hourly(t)
  const peer = connect()
  await peer.loginScram('SCRAM-SHA-256')
  const refused = peer.loginScram('SCRAM-SHA-256', 'nobody')
  await turns(10)
  clock.advance(DELAY_MS)
  t.match(await refused, [
    {
      errorMessage:
        'Authentication failed during re-authentication due to invalid credentials with SASL mechanism SCRAM-SHA-256',
    },
  ])
})

t.test('on demand: a session ends, the next re-authentication is refused', async (t) => {
  const { session, peer, connect, cluster } = await hourly(t)
  session.expire()
  await isCutOff(t, peer)

  const second = connect()
  await second.loginPlain()
  cluster.sessions()[0]?.expire()
  t.equal((await second.loginPlain()).sessionLifetimeMs, HOUR_MS, 'unless the client authenticates first')
  cluster.sessions()[0]?.refuseNextReauthentication()
  cluster.clock.advance(1000)
  await second.handshake(1, 'PLAIN')
  second.send(requestBytes(saslAuthenticate, 2, { authBytes: Buffer.from('\0alice\0secret') }))
  const { frames } = await second.ending()
  t.match(decodeResponse(saslAuthenticate, 2, frames[0] as Buffer).body, {
    errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED,
    errorMessage:
      'Authentication failed during re-authentication due to invalid credentials with SASL mechanism PLAIN',
  })
})

t.test('sessions that have no limit can be ended too', async (t) => {
  const { cluster, connect } = await saslRig(t)
  const peer = connect()
  await peer.loginPlain()
  cluster.sessions()[0]?.expire()
  await isCutOff(t, peer)
})

t.test('a session is listed while its connection lasts', async (t) => {
  const { cluster, connect, clock } = await saslRig(t)
  const peers = [connect(), connect()]
  t.same(cluster.sessions(), [])
  for (const peer of peers) await peer.loginPlain()
  t.equal(cluster.sessions().length, 2)
  peers[0]?.socket.end()
  await peers[0]?.ended()
  await turns(5)
  t.equal(cluster.sessions().length, 1)
  clock.advance(600_000)
  await peers[1]?.ended()
  await turns(5)
  t.same(cluster.sessions(), [])
})

t.test('metrics by the names that Kafka gives them', async (t) => {
  const { cluster, clock, peer, total } = await hourly(t)
  t.ok(Number.isNaN(total('reauthentication-latency-avg')))
  await peer.handshake(1, 'PLAIN')
  clock.advance(40)
  await peer.authenticate(2, '\0alice\0secret')
  clock.advance(1000)
  await peer.handshake(1, 'PLAIN')
  clock.advance(20)
  await peer.authenticate(2, '\0alice\0secret')
  t.equal(total('reauthentication-latency-avg'), 30)
  t.equal(total('reauthentication-latency-max'), 40)
  t.equal(total('successful-reauthentication-rate'), 2 / 31.02, 'a minute has two windows')
  clock.advance(60_000)
  t.equal(total('successful-reauthentication-rate'), 0)
  t.equal(total('successful-reauthentication-total'), 2)

  const names = new Set(cluster.metrics.find().map(({ name }) => name))
  for (const outcome of ['successful', 'failed']) {
    for (const kind of ['authentication', 'reauthentication']) {
      for (const value of ['rate', 'total']) t.ok(names.has(`${outcome}-${kind}-${value}`))
    }
  }
  t.ok(names.has('successful-authentication-no-reauth-total'))
  t.notOk(names.has('successful-authentication-no-reauth-rate'))
  const tags = { broker: '0', listener: 'SASL_PLAINTEXT', networkProcessor: '0' }
  t.match(cluster.metrics.find('successful-authentication-total', { broker: '0' }), [
    { group: 'socket-server-metrics', tags, value: 1 },
  ])
  t.same(cluster.metrics.find('successful-authentication-total', { broker: '1' }), [])
  const text = await cluster.metrics.prometheus()
  t.match(
    text,
    'kafka_server_socket_server_metrics_successful_reauthentication_total{broker="0",listener="SASL_PLAINTEXT",networkProcessor="0"} 2\n',
  )
  t.match(text, 'kafka_network_socketserver_expiredconnectionskilledcount{broker="0"} 0\n')
})

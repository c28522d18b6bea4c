// What becomes of each kind of frame in each state of a connection, a test for each: answer, delay, end, and what is counted.
import t, { type Test } from 'tap'
import { ErrorCode } from '../../../protocol/errors.ts'
import { createDelegationToken } from '../../../protocol/messages/create-delegation-token.ts'
import { decodeResponse, type FramePeer } from '../../helpers/network.ts'
import { turns } from '../../helpers/network-turns.ts'
import {
  FRAMES,
  type Frame,
  type FrameName,
  type Outcome,
  STATES,
} from '../../helpers/security/sasl-frames.ts'
import { type SaslPeer, saslRig } from '../../helpers/security/sasl-rig.ts'
import { tlsPeer } from '../../helpers/tls-peer.ts'

const DELAY_MS = 100
const HOUR_MS = 3_600_000

const { ILLEGAL_SASL_STATE } = ErrorCode

async function showsOutcome(t: Test, peer: SaslPeer, frame: Frame, outcome: Outcome): Promise<void> {
  peer.send(frame.bytes)
  if (typeof outcome === 'number') {
    t.equal(errorOf(frame, await peer.frame()), outcome)
    await turns(5)
    t.notOk(peer.isOver, 'it stays open')
  } else if (outcome === 'waits') {
    await turns(5)
    t.notOk(peer.isOver)
  } else {
    const { afterMs, frames } = await peer.ending()
    t.equal(afterMs, outcome === 'at once' ? 0 : DELAY_MS)
    const told = /^\d+/.exec(outcome)?.[0]
    t.same(
      frames.map((each) => errorOf(frame, each)),
      told === undefined ? [] : [Number(told)],
    )
  }
}

function errorOf({ api, version }: Frame, frame: Buffer): unknown {
  const { body } = decodeResponse(api, version, frame)
  // Where Metadata has no place for an error, it is well.
  return (body as { errorCode?: number }).errorCode ?? 0
}

for (const [stateName, { isOpen, after, outcomes }] of Object.entries(STATES)) {
  t.test(stateName, async (t) => {
    const { cluster, connect } = await saslRig(t, {
      listeners: [
        { name: 'SASL', securityProtocol: 'SASL_PLAINTEXT', transport: 'memory' },
        { name: 'OPEN', transport: 'memory' },
      ],
    })
    for (const [name, outcome] of Object.entries(outcomes)) {
      await t.test(name, async (t) => {
        const before = cluster.metrics.total('failed-authentication-total')
        const peer = connect(isOpen ? 'OPEN' : 'SASL')
        for (const frameName of after) {
          peer.send(FRAMES[frameName].bytes)
          await peer.frame()
        }
        await showsOutcome(t, peer, FRAMES[name as FrameName], outcome)
        const failed = cluster.metrics.total('failed-authentication-total') - before
        t.equal(failed, String(outcome).endsWith('later') ? 1 : 0, 'counted as failed')
        peer.socket.destroy()
      })
    }
  })
}

t.test('over TLS without SASL, too, SASL is out of place and harmless', async (t) => {
  const { cluster } = await saslRig(t, { listeners: [{ securityProtocol: 'SSL' }] })
  const peer: FramePeer = await tlsPeer(t, cluster.bootstrapServers, { ca: cluster.certificates.ca })
  for (const name of [
    'SaslHandshake v0',
    'SaslHandshake v1',
    'SaslAuthenticate v0',
    'SaslAuthenticate v2',
  ] as const) {
    peer.send(FRAMES[name].bytes)
    t.equal(errorOf(FRAMES[name], await peer.frame()), ILLEGAL_SASL_STATE, name)
  }
  peer.send(FRAMES.Metadata.bytes)
  t.equal(errorOf(FRAMES.Metadata, await peer.frame()), 0)
})

/** Logs in, by password or by a token, and gives what the client was told. */
async function told(
  t: Test,

  peer: SaslPeer,
  credential: { tokenId: string; hmac: Buffer } | undefined,
): Promise<number> {
  if (credential === undefined) return (await peer.loginPlain()).sessionLifetimeMs
  const steps = await peer.loginToken(credential.tokenId, credential.hmac.toString('base64'))
  t.equal(steps[0]?.sessionLifetimeMs, 0, 'not before the end')
  return steps.at(-1)?.sessionLifetimeMs as number
}

t.test('how long sessions last, by what the credential and connections.max.reauth.ms say', async (t) => {
  const rows: readonly [
    name: string,
    leftMs: number | undefined,
    max: number,
    lifetimeMs: number,
    ends: boolean,
  ][] = [
    ['no expiry, no limit', undefined, 0, 0, false],
    ['no expiry, a negative limit', undefined, -1, 0, false],
    ['no expiry, a limit', undefined, 5000, 5000, true],
    [
      'no expiry, a limit beyond what Kafka can count',
      undefined,
      Number.MAX_SAFE_INTEGER,
      9_200_000_000_000,
      true,
    ],
    ['an expiry, no limit', 7000, 0, 7000, true],
    ['an expiry before the limit', 7000, 9000, 7000, true],
    ['an expiry after the limit', 7000, 5000, 5000, true],
    ['an expiry that has been, no limit', -1, 0, 0, true],
    ['an expiry that has been, a limit', -1, 5000, 0, true],
  ]
  for (const [name, leftMs, max, lifetimeMs, ends] of rows) {
    await t.test(name, async (t) => {
      const { cluster, clock, connect } = await saslRig(t, {
        config: {
          'connections.max.reauth.ms': max,
          'connections.max.idle.ms': -1,
          'delegation.token.secret.key': 'key',
        },
      })
      let credential: { tokenId: string; hmac: Buffer } | undefined
      if (leftMs !== undefined) {
        const maker = connect()
        await maker.loginPlain()
        const maxLifetimeMs = Math.max(leftMs, 1000)
        credential = (await maker.request(createDelegationToken, 3, { maxLifetimeMs })).body
        clock.advance(maxLifetimeMs - leftMs)
      }
      const peer = connect()
      t.equal(await told(t, peer, credential), lifetimeMs)
      if (!ends) {
        clock.advance(100 * HOUR_MS)
        t.ok(await peer.isServed())
        return
      }
      // Nobody waits for centuries, not even this clock: timers would go off millions of times.
      if (lifetimeMs > HOUR_MS) return
      clock.advance(lifetimeMs)
      t.ok(await peer.isServed(), 'the last millisecond is within')
      clock.advance(1)
      peer.send(FRAMES.ApiVersions.bytes)
      t.same(await peer.ending(), { afterMs: 0, frames: [] })
      t.equal(cluster.metrics.total('expired-connections-killed-count'), 1)
    })
  }
})

t.test('what a request meets when the session has a limit', async (t) => {
  type Meets = 'passes' | 'begins' | '34' | 'killed' | 'closed'
  const within = { reauthenticated: false, waitMs: 10 }
  const expired = { reauthenticated: false, waitMs: HOUR_MS + 1 }
  const rows: readonly [name: string, frame: FrameName, when: typeof within, meets: Meets][] = [
    ['a request within', 'Metadata', within, 'passes'],
    ['SaslHandshake within', 'SaslHandshake v1', within, 'begins'],
    ['SaslHandshake v0 within', 'SaslHandshake v0', within, 'begins'],
    ['SaslHandshake when it is over', 'SaslHandshake v1', expired, 'begins'],
    [
      'SaslHandshake when it has long been over',
      'SaslHandshake v1',
      { ...expired, waitMs: 100 * HOUR_MS },
      'begins',
    ],
    ['SaslHandshake 999 ms after another', 'SaslHandshake v1', { reauthenticated: true, waitMs: 999 }, '34'],
    [
      'SaslHandshake 1000 ms after another',
      'SaslHandshake v1',
      { reauthenticated: true, waitMs: 1000 },
      'begins',
    ],
    ['SaslAuthenticate within', 'SaslAuthenticate v2', within, '34'],
    ['a request when it is over', 'Metadata', expired, 'killed'],
    ['ApiVersions when it is over', 'ApiVersions', expired, 'killed'],
    ['SaslAuthenticate when it is over', 'SaslAuthenticate v2', expired, 'killed'],
    ['a bad header within', 'a bad header', within, 'closed'],
    ['a bad header when it is over', 'a bad header', expired, 'closed'],
    ['an unknown API when it is over', 'an unknown API', expired, 'closed'],
    ['a version that is not served, when it is over', 'Metadata of the future', expired, 'closed'],
  ]
  for (const [name, frameName, { reauthenticated, waitMs }, meets] of rows) {
    await t.test(name, async (t) => {
      const { cluster, clock, connect } = await saslRig(t, {
        config: { 'connections.max.reauth.ms': HOUR_MS, 'connections.max.idle.ms': -1 },
      })
      const peer = connect()
      await peer.loginPlain()
      if (reauthenticated) await peer.loginPlain()
      clock.advance(waitMs)
      const frame = FRAMES[frameName]
      peer.send(frame.bytes)
      if (meets === 'killed' || meets === 'closed') t.same(await peer.ending(), { afterMs: 0, frames: [] })
      else t.equal(errorOf(frame, await peer.frame()), meets === '34' ? ILLEGAL_SASL_STATE : 0)
      t.equal(cluster.metrics.total('expired-connections-killed-count'), meets === 'killed' ? 1 : 0)
      if (meets === 'begins') {
        peer.send(FRAMES.Metadata.bytes)
        const { afterMs } = await peer.ending()
        t.equal(afterMs, DELAY_MS, 'nothing but a token may follow')
      }
    })
  }
  await t.test('SaslHandshake when it is over, 999 ms after another', async (t) => {
    const { cluster, clock, connect } = await saslRig(t, { config: { 'connections.max.reauth.ms': 500 } })
    const peer = connect()
    await peer.loginPlain()
    await peer.loginPlain()
    clock.advance(999)
    peer.send(FRAMES['SaslHandshake v1'].bytes)
    t.same(await peer.ending(), { afterMs: 0, frames: [] })
    t.equal(cluster.metrics.total('expired-connections-killed-count'), 1)
  })
  await t.test('nothing at all: idle sessions end with connections.max.idle.ms', async (t) => {
    const { cluster, clock, connect } = await saslRig(t, { config: { 'connections.max.reauth.ms': 500 } })
    const peer = connect()
    await peer.loginPlain()
    clock.advance(500_000)
    await turns(5)
    t.notOk(peer.isOver)
    clock.advance(110_000)
    t.same(await peer.ended(), [])
    t.equal(cluster.metrics.total('expired-connections-killed-count'), 0)
  })
})

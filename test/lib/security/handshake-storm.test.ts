// Many clients at once, clumsy ones, and ones that mean harm: the others are served, and nothing of them stays.
import t from 'tap'
import { Cluster } from '../../../lib/index.ts'
import { saslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../../protocol/messages/sasl-handshake.ts'
import { heldBytes } from '../../helpers/held-memory.ts'
import { requestBytes } from '../../helpers/network.ts'
import { turns, until } from '../../helpers/network-turns.ts'
import { SaslPeer, saslRig } from '../../helpers/security/sasl-rig.ts'

/** `sasl.server.max.receive.size`. */
const LARGEST = 512 * 1024
const FIRST = Buffer.from('n,,n=alice,r=abc')

t.test('a thousand clients log in by SCRAM at once', async (t) => {
  const { cluster, connect } = await saslRig(t)
  const peers = Array.from({ length: 1_000 }, () => connect())
  const answers = await Promise.all(
    peers.map(async (peer) => {
      const [first, last] = await peer.loginScram('SCRAM-SHA-256')
      return first?.errorCode === 0 && last?.errorCode === 0 && (await peer.isServed())
    }),
  )
  t.ok(answers.every(Boolean))
  t.equal(cluster.sessions().length, 1_000)
  t.equal(new Set(cluster.sessions().map(({ connectionId }) => connectionId)).size, 1_000)
  for (const peer of peers) peer.socket.destroy()
  await until(() => cluster.sessions().length === 0)
})

t.test('a handshake that comes byte by byte is a handshake', async (t) => {
  const { connect } = await saslRig(t)
  const peer = connect()
  const bytes = Buffer.concat([
    requestBytes(saslHandshake, 1, { mechanism: 'PLAIN' }),
    requestBytes(saslAuthenticate, 2, { authBytes: Buffer.from('\0alice\0secret') }),
  ])
  for (const byte of bytes) {
    peer.send(Buffer.of(byte))
    await turns(1)
  }
  await peer.frame()
  await peer.frame()
  t.ok(await peer.isServed())
})

t.test('what was sent behind a login that failed is never looked at', async (t) => {
  const { cluster, clock, connect } = await saslRig(t)
  const peer = connect()
  const login = (password: string) => [
    requestBytes(saslHandshake, 1, { mechanism: 'PLAIN' }),
    requestBytes(saslAuthenticate, 2, { authBytes: Buffer.from(`\0alice\0${password}`) }),
  ]
  peer.send(Buffer.concat([...login('wrong'), ...login('secret')]))
  await turns(5)
  peer.send(Buffer.concat(login('secret')))
  await turns(5)
  clock.advance(100)
  t.equal((await peer.ended()).length, 2, 'the answer to SaslHandshake, and the refusal')
  t.same(cluster.sessions(), [])
  t.equal(cluster.metrics.total('successful-authentication-total'), 0)
})

t.test('who begins and says no more is closed when idle, and meanwhile keeps nobody waiting', async (t) => {
  const { cluster, clock, connect } = await saslRig(t)
  const mute = Array.from({ length: 100 }, () => connect())
  for (const [index, peer] of mute.entries()) {
    if (index % 3 === 0) peer.send(Buffer.from('00001000', 'hex'))
    if (index % 3 === 1) await peer.handshake(1, 'SCRAM-SHA-512')
  }
  await turns(5)
  t.equal((await connect().loginPlain()).errorCode, 0)
  // `connections.max.idle.ms`, and some: whoever is due is looked for now and then.
  clock.advance(610_000)
  for (const peer of mute) t.same(await peer.ended(), [])
  t.same(cluster.sessions(), [])
})

t.test(
  'handshakes that nobody finishes cost what they have announced at most, and nothing once they have gone',
  async (t) => {
    const { cluster, clock, connect } = await saslRig(t)
    const handshake = requestBytes(saslHandshake, 1, { mechanism: 'SCRAM-SHA-256' })
    const part = Buffer.alloc(40 * 1024)
    const clumsy: readonly ((peer: SaslPeer) => unknown)[] = [
      // Announces as much as is allowed, and sends a part of it.
      (peer) => peer.send(Buffer.concat([Buffer.from('00080000', 'hex'), part])),
      (peer) => peer.send(Buffer.from('7fffffff', 'hex')),
      (peer) =>
        peer.send(Buffer.concat([handshake, requestBytes(saslAuthenticate, 2, { authBytes: FIRST })])),
      async (peer) => {
        for (const byte of handshake.subarray(0, 9)) {
          peer.send(Buffer.of(byte))
          await turns(1)
        }
      },
    ]
    const storm = (count: number) =>
      Promise.all(
        Array.from({ length: count }, async (_, index) => {
          const peer = connect()
          await clumsy[index % clumsy.length]?.(peer)
          return peer
        }),
      )
    const calm = async (peers: SaslPeer[]) => {
      for (const peer of peers.splice(0)) peer.socket.destroy()
      clock.advance(100)
      await turns(10)
    }
    // What is made once, for the first of them.
    await calm(await storm(100))
    const before = await heldBytes()
    const peers = await storm(1_000)
    t.equal((await connect().loginPlain()).errorCode, 0, 'others are served meanwhile')
    const amid = (await heldBytes()) - before
    t.ok(amid < 250 * LARGEST + 1_000 * 24 * 1024, `${amid} bytes`)
    await calm(peers)
    const after = (await heldBytes()) - before
    t.ok(after < 4 * 1024 * 1024, `${after} bytes are left`)
    t.equal(cluster.sessions().length, 1)
    t.equal(cluster.metrics.total('failed-authentication-total'), 275, 'of those who announced too much')
  },
)

t.test('a user who goes while logging in is not let in', async (t) => {
  const { cluster, connect } = await saslRig(t)
  const peer = connect()
  await peer.handshake(1, 'PLAIN')
  cluster.users.remove('alice')
  peer.send(requestBytes(saslAuthenticate, 2, { authBytes: Buffer.from('\0alice\0secret') }))
  const { afterMs, frames } = await peer.ending()
  t.same([afterMs, frames.length], [100, 1])
})

t.test('seeds make nonces and salts repeat', async (t) => {
  const { SeededRandom, ManualClock } = await import('../../../lib/index.ts')
  const transcript = async () => {
    const clock = new ManualClock()
    await using cluster = await Cluster.start({
      listeners: [{ securityProtocol: 'SASL_PLAINTEXT', transport: 'memory' }],
      users: [{ name: 'alice', password: 'secret', mechanisms: ['SCRAM-SHA-256'] }],
      random: new SeededRandom(7),
      clock,
    })
    const [host = '', port] = cluster.bootstrapServers.split(':')
    const peer = new SaslPeer(cluster.socketFactory({ host, port: Number(port) }), clock)
    await peer.handshake(1, 'SCRAM-SHA-256')
    return (await peer.authenticate(2, 'n,,n=alice,r=abc')).authBytes.toString()
  }
  const first = await transcript()
  t.match(first, /^r=abc[0-9a-z]{20,26},s=[^,]+,i=4096$/)
  t.equal(await transcript(), first)
})

// How many connections a broker takes (KIP-612): beyond what a listener may have they are served later, beyond what an
// address may have they are closed later.
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import { Cluster, ManualClock } from '../../../lib/index.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { FramePeer } from '../../helpers/network.ts'
import { turns, until } from '../../helpers/network-turns.ts'
import { isSilent, Peer, quotaCluster } from '../../helpers/quota-cluster.ts'

/** Two connections in two seconds. */
const WINDOWS = { 'quota.window.num': 3, 'quota.window.size.seconds': 1 }
const RATE = 'max.connection.creation.rate'

t.test('an address that has had too many: closed after a while, and not counted', async (t) => {
  const { clock, cluster, connect, set } = await quotaCluster(t, { config: WINDOWS })
  await set({ ip: '127.0.0.1' }, { connection_creation_rate: 1 })
  for (let i = 0; i < 2; i++) await connect().ask(metadata, 12, {})
  const third = connect()
  third.send(metadata, 12, {})
  t.ok(await isSilent(third))
  clock.advance(999)
  await turns(5)
  t.notOk(third.frames.isOver)
  clock.advance(1)
  t.same(await third.frames.ended(), [])
  clock.advance(2_000)
  await connect().ask(metadata, 12, {})
  const rates = cluster.metrics.find('connection-accept-rate', { ip: '127.0.0.1' })
  t.match(rates, [{ group: 'socket-server-metrics', value: 0.5 }])
  const [{ value = 0 } = {}] = cluster.metrics.find('ip-connection-accept-throttle-time')
  t.equal(value, 1_000)
})

t.test('a connection that was closed is not counted', async (t) => {
  const { clock, cluster, connect, set } = await quotaCluster(t, { config: WINDOWS })
  await set({ ip: null }, { connection_creation_rate: 1 })
  await connect().ask(metadata, 12, {})
  clock.advance(1_500)
  await connect().ask(metadata, 12, {})
  const refused = connect()
  refused.send(metadata, 12, {})
  t.ok(await isSilent(refused))
  const [listener, broker] = ['connection-accept-rate', 'broker-connection-accept-rate'].map(
    (name) => cluster.metrics.find(name)[0]?.value,
  )
  // Of two windows that are over and half of one: these, and that of who set the quota.
  t.same([listener, broker], [3 / 2.5, 3 / 2.5])
  clock.advance(1_500)
  await connect().ask(metadata, 12, {})
})

t.test('the default, and what is taken away', async (t) => {
  const { connect, set } = await quotaCluster(t, { config: WINDOWS })
  const isServed = async () => {
    const peer = connect()
    peer.send(metadata, 12, {})
    return !(await isSilent(peer))
  }
  await set({ ip: null }, { connection_creation_rate: 1 })
  t.same([await isServed(), await isServed(), await isServed()], [true, true, false])
  await set({ ip: 'localhost' }, { connection_creation_rate: 100 })
  await set({ ip: '127.0.0.1' }, { connection_creation_rate: 100 })
  t.ok(await isServed(), 'its own counts')
  await set({ ip: '127.0.0.1' }, { connection_creation_rate: null })
  await set({ ip: 'localhost' }, { connection_creation_rate: null })
  t.notOk(await isServed())
  await set({ ip: null }, { connection_creation_rate: null })
  t.ok(await isServed())
})

t.test('a listener that has had too many serves them later, in order', async (t) => {
  const { clock, cluster, connect } = await quotaCluster(t, { config: { ...WINDOWS, [RATE]: 1 } })
  const [second, third, fourth, gone] = [connect(), connect(), connect(), connect()]
  await second.ask(metadata, 12, {})
  for (const peer of [third, fourth, gone]) peer.send(metadata, 12, {})
  t.ok(await isSilent(third))
  const timers = clock.pendingTimers
  gone.frames.socket.destroy()
  await turns(5)
  clock.advance(999)
  t.ok(await isSilent(third))
  clock.advance(1)
  await third.receive(metadata, 12)
  t.ok(await isSilent(fourth))
  clock.advance(1_000)
  await fourth.receive(metadata, 12)
  clock.advance(10_000)
  await connect().ask(metadata, 12, {})
  t.ok(clock.pendingTimers <= timers)
  const [{ value = 0 } = {}] = cluster.metrics.find('connection-accept-throttle-time')
  t.ok(value > 0 && value <= 1_000)
})

t.test('what brokers reach each other by has a limit of its own alone', async (t) => {
  const clock = new ManualClock()
  const own = { 'listener.name.plaintext.max.connection.creation.rate': 100 }
  const config = { ...WINDOWS, ...own, 'listener.name.clients.max.connection.creation.rate': 100, [RATE]: 1 }
  const isServed = async (names: readonly string[], served: number) => {
    const listeners = names.map((name) => ({ name, transport: 'memory' as const }))
    const cluster = await Cluster.start({ clock, config, listeners })
    t.teardown(() => cluster.stop())
    const [host = '', port] = cluster.brokers[0]?.listeners[served]?.address.split(':') ?? []
    const peers = Array.from({ length: 5 }, () => {
      return new Peer(new FramePeer(cluster.socketFactory({ host, port: Number(port) })), 'c')
    })
    for (const peer of peers) peer.send(metadata, 12, {})
    await turns(20)
    return peers.every(({ frames }) => frames.chunks.length > 0)
  }
  t.ok(await isServed(['PLAINTEXT', 'CLIENTS'], 0))
  t.notOk(await isServed(['PLAINTEXT', 'CLIENTS'], 1))
  t.notOk(await isServed(['PLAINTEXT'], 0), 'where clients have no other, it is theirs')
})

t.test('a broker that stops does not wait for those that wait', async (t) => {
  const { clock, cluster, connect, set } = await quotaCluster(t, { config: { ...WINDOWS, [RATE]: 2 } })
  await set({ ip: null }, { connection_creation_rate: 1 })
  const peers = Array.from({ length: 8 }, () => connect())
  for (const peer of peers) peer.send(metadata, 12, {})
  await turns(10)
  await cluster.stop()
  for (const peer of peers.slice(4)) t.same(await peer.frames.ended(), [])
  t.equal(clock.pendingTimers, 0)
})

t.test('over TCP, for the listener that is meant', async (t) => {
  const clock = new ManualClock()
  const config = { ...WINDOWS, [`listener.name.slow.${RATE}`]: 1 }
  await using cluster = await Cluster.start({
    clock,
    config,
    listeners: [{ name: 'FAST' }, { name: 'SLOW' }],
  })
  const [fast, slow] = cluster.brokers[0]?.listeners ?? []
  const connect = (address = '') => {
    const socket = connectTcp({ host: '127.0.0.1', port: Number(address.split(':')[1]), allowHalfOpen: true })
    t.teardown(() => socket.destroy())
    return new Peer(new FramePeer(socket), 'c')
  }
  for (let i = 0; i < 3; i++) await connect(fast?.address).ask(metadata, 12, {})
  for (let i = 0; i < 2; i++) await connect(slow?.address).ask(metadata, 12, {})
  const timers = clock.pendingTimers
  const late = connect(slow?.address)
  late.send(metadata, 12, {})
  await until(() => clock.pendingTimers > timers)
  t.equal(late.frames.chunks.length, 0)
  clock.advance(1_000)
  await late.receive(metadata, 12)
})

t.test('on a listener that speaks TLS, after the handshake', async (t) => {
  const clock = new ManualClock()
  const config = { ...WINDOWS, [RATE]: 1 }
  const cluster = await Cluster.start({ clock, config, listeners: [{ securityProtocol: 'SSL' }] })
  t.teardown(() => cluster.stop())
  const { ca } = cluster.certificates
  const [host = '', port] = cluster.bootstrapServers.split(':')
  const connect = () => {
    const socket = connectTls({ host, port: Number(port), ca })
    t.teardown(() => socket.destroy())
    return new Peer(new FramePeer(socket), 'c')
  }
  for (let i = 0; i < 2; i++) await connect().ask(metadata, 12, {})
  const late = connect()
  late.send(metadata, 12, {})
  const [waits] = cluster.metrics.find('connection-accept-throttle-time')
  t.ok(Number.isNaN(waits?.value))
  await until(() => (cluster.metrics.find('connection-accept-throttle-time')[0]?.value ?? 0) > 0)
  const never = connect()
  t.ok(await isSilent(late))
  clock.advance(1_000)
  await late.receive(metadata, 12)
  await cluster.stop()
  t.same(await never.frames.ended(), [])
})

// Handshakes that fail, never end or should not have begun; and who clients are by their certificates.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import { ManualClock } from '../../../lib/lab/clock.ts'
import { handler } from '../../../lib/network/handler.ts'
import type { ListenerOptions } from '../../../lib/network/listener.ts'
import { ListenerConfigs } from '../../../lib/security/tls/listener-configs.ts'
import { ThrowawayAuthority } from '../../../lib/security/tls/throwaway-authority.ts'
import { type TlsOptions, type TlsProtocol, tlsSettings } from '../../../lib/security/tls/tls-settings.ts'
import { describeCluster } from '../../../protocol/messages/describe-cluster.ts'
import { requestBytes } from '../../helpers/network.ts'
import { type TestServer, testServer } from '../../helpers/network-server.ts'
import { until } from '../../helpers/network-turns.ts'
import { type TlsPeer, tlsPeer } from '../../helpers/tls-peer.ts'

const authority = await ThrowawayAuthority.create()
const throwaway = {
  ...(await authority.issue({ commonName: 'localhost', hosts: ['127.0.0.1'] })),
  ca: authority.ca,
}
const alice = await authority.issue({ commonName: 'alice', organization: 'Acme' })
const stranger = await (await ThrowawayAuthority.create()).issue({
  commonName: 'alice',
  organization: 'Acme',
})
const expired = await authority.issue({ commonName: 'alice', notBefore: 0, notAfter: Date.UTC(2020, 0, 1) })

/** Whether in order or by a reset. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
  })
}

interface TlsServer extends TestServer {
  readonly port: number
  /** A plain TCP connection to it, which nobody has said anything on. */
  dial(): Promise<Socket>
  /** A connection that trusts the server. */
  peer(options?: ConnectionOptions): Promise<TlsPeer>
  /** Whom the server takes that client for. */
  whoIs(options?: ConnectionOptions): Promise<string | undefined>
}

interface ServerOptions extends Partial<ListenerOptions> {
  readonly securityProtocol?: TlsProtocol
  readonly options?: TlsOptions
  readonly configs?: Readonly<Record<string, string>>
}

async function start(
  t: Test,
  { options = {}, configs = {}, securityProtocol = 'SSL', ...rest }: ServerOptions = {},
): Promise<TlsServer> {
  const listenerConfigs = new ListenerConfigs(new Map(Object.entries(configs)), 'SSL')
  const tls = tlsSettings(securityProtocol, options, listenerConfigs, throwaway)
  const server = testServer([], { name: 'SSL', securityProtocol, tls, ...rest })
  await server.listener.start()
  t.teardown(() => server.listener.kill())
  const { port } = server.listener.localAddress
  const peer = (client: ConnectionOptions = {}) => {
    return tlsPeer(t, `127.0.0.1:${port}`, { ca: authority.ca, ...client })
  }
  return {
    ...server,
    port,
    peer,
    async dial() {
      const socket = connect({ host: '127.0.0.1', port })
      t.teardown(() => socket.destroy())
      socket.on('error', () => {}).resume()
      await once(socket, 'connect')
      return socket
    },
    async whoIs(client) {
      const connected = await peer(client)
      const { body } = await connected.request(describeCluster, 0, {})
      connected.socket.destroy()
      return body.clusterId.split('/')[0]
    },
  }
}

const required: TlsOptions = { clientAuth: 'required' }
const requested: TlsOptions = { clientAuth: 'requested' }

t.test('a client is whom its certificate says, if it is asked for one', async (t) => {
  t.equal(await (await start(t)).whoIs(alice), 'ANONYMOUS', 'nobody asks')
  const asked = await start(t, { options: requested })
  t.equal(await asked.whoIs(alice), 'CN=alice,O=Acme')
  t.equal(await asked.whoIs(), 'ANONYMOUS')
  t.equal(await (await start(t, { options: required })).whoIs(alice), 'CN=alice,O=Acme')
})

t.test('a session that is resumed is that of the same client, and none is for others', async (t) => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const server = await start(t, { options: requested })
    const first = await server.peer({ ...alice, maxVersion })
    let session = first.socket.getSession()
    first.socket.on('session', (later) => {
      session = later
    })
    await first.request(describeCluster, 0, {})
    const again = await server.peer({ maxVersion, session: session as Buffer })
    t.equal(again.socket.isSessionReused(), true)
    const { body } = await again.request(describeCluster, 0, {})
    t.equal(body.clusterId, 'CN=alice,O=Acme/test', 'without showing the certificate again')

    const refused = connectTls({ port: server.port, ca: authority.ca, ...stranger, maxVersion })
    refused.on('session', () => t.fail('a session for a stranger')).on('error', () => {})
    refused.resume()
    await closed(refused)
  }
})

t.test("by Kafka's configs, the listener's own before those of all", async (t) => {
  const rules = 'RULE:^CN=(.*?),.*$/$1/U,DEFAULT'
  const mapped = await start(t, {
    configs: {
      'ssl.client.auth': 'none',
      'listener.name.ssl.ssl.client.auth': 'required',
      'ssl.principal.mapping.rules': 'RULE:.*/everybody/',
      'listener.name.ssl.ssl.principal.mapping.rules': rules,
    },
  })
  t.equal(await mapped.whoIs(alice), 'ALICE')
  const unnamed = await start(t, {
    configs: { 'ssl.client.auth': 'required', 'ssl.principal.mapping.rules': 'RULE:CN=bob/$0/' },
  })
  const peer = await unnamed.peer(alice)
  t.same(await peer.ended(), [], 'no rule applies: not served')
  t.match(unnamed.log.lines, [{ level: 'info', fields: { why: /no rule .* applies to CN=alice,O=Acme/ } }])
  t.equal(unnamed.listener.connections.size, 0)
})

t.test(
  'with SASL_SSL, the certificate names nobody, and only the listener itself can ask for it',
  async (t) => {
    const securityProtocol = 'SASL_SSL'
    const shared = await start(t, { securityProtocol, configs: { 'ssl.client.auth': 'required' } })
    t.equal(await shared.whoIs(), 'ANONYMOUS')
    const own = await start(t, {
      securityProtocol,
      configs: { 'listener.name.ssl.ssl.client.auth': 'required', 'ssl.principal.mapping.rules': '' },
    })
    t.equal(await own.whoIs(alice), 'ANONYMOUS')
    t.equal(await served(own), false)
  },
)

/** Whether a client gets an answer. Under TLS 1.3 it has done its part of the handshake before it can be refused. */
async function served(server: TlsServer, client?: ConnectionOptions): Promise<boolean> {
  try {
    await server.whoIs(client)
    return true
  } catch {
    return false
  }
}

t.test('clients whose certificate is missing or not to be believed are not served', async (t) => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const options of [required, requested]) {
      const server = await start(t, { options })
      t.equal(await served(server, { maxVersion }), options === requested, 'none')
      t.equal(await served(server, { ...stranger, maxVersion }), false, 'of another authority')
      t.equal(await served(server, { ...expired, maxVersion }), false, 'expired')
      t.equal(await served(server, { ...alice, maxVersion }), true)
      await until(() => server.listener.connections.size === 0)
      const told = server.log.lines.filter(({ level }) => level === 'info').map(({ fields }) => fields.why)
      const missing = options === required ? [/did not return a certificate/i] : []
      t.match(told, [...missing, /\w/, /CERT_HAS_EXPIRED/])
      t.equal(told.length, missing.length + 2, 'each is told once')
    }
  }
})

t.test('what is not TLS is closed, and others are served meanwhile', async (t) => {
  const server = await start(t)
  const garbage: [string, Buffer][] = [
    ['a Kafka request', requestBytes(describeCluster, 0, {})],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
    ['noise', Buffer.alloc(4096, 0xa5)],
    ['a TLS record that holds no hello', Buffer.from('1603010004ffffffff', 'hex')],
  ]
  for (const [what, bytes] of garbage) {
    const socket = await server.dial()
    socket.end(bytes)
    await closed(socket)
    t.equal(await server.whoIs(), 'ANONYMOUS', `after ${what}`)
  }
  const told = server.log.lines.filter(({ level }) => level !== 'debug')
  t.equal(told.length, garbage.length)
  for (const { level, fields } of told) {
    t.equal(level, 'info')
    t.match(fields, { listener: 'SSL', peer: /^127\.0\.0\.1:\d+$/ })
    t.notMatch(fields.why, /deps\/openssl|error:/)
  }
})

t.test('peers that leave amid the handshake leave nothing behind', async (t) => {
  const clock = new ManualClock()
  const server = await start(t, { clock })
  const timers = clock.pendingTimers
  const hello = Buffer.from('1603010200010001fc0303', 'hex')
  for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
    for (const said of [Buffer.alloc(0), hello]) {
      const socket = await server.dial()
      if (said.length > 0) socket.write(said)
      await until(() => clock.pendingTimers > timers)
      socket[leave]()
      await closed(socket)
      await until(() => clock.pendingTimers === timers)
    }
  }
  t.same(
    server.log.lines.filter(({ level }) => level !== 'debug'),
    [],
    'without noise',
  )
})

t.test('a handshake that never ends is ended after connections.max.idle.ms', async (t) => {
  const clock = new ManualClock()
  const server = await start(t, { clock, maxIdleMs: 60_000 })
  const silent = await server.dial()
  await until(() => clock.pendingTimers === 1)
  clock.advance(30_000)
  const dribbling = await server.dial()
  dribbling.write(Buffer.from([0x16]))
  await until(() => clock.pendingTimers === 2)
  const cut = closed(silent)
  clock.advance(30_000)
  await cut
  t.equal(dribbling.closed, false)
  clock.advance(30_000)
  await closed(dribbling)
  await until(() => clock.pendingTimers === 0)

  const endless = await start(t, { clock, maxIdleMs: -1 })
  await endless.dial()
  t.equal(await endless.whoIs(), 'ANONYMOUS')
  t.equal(clock.pendingTimers, 0)
})

for (const how of ['stop', 'kill'] as const) {
  t.test(`${how} ends handshakes and connections, and the port can be taken again`, async (t) => {
    const server = await start(t)
    const half = await server.dial()
    half.write(Buffer.from('160301', 'hex'))
    const peer = await server.peer()
    await peer.request(describeCluster, 0, {})
    const cut = closed(half)
    await server.listener[how]()
    await cut
    t.same(await peer.ended(), [])
    t.equal(server.listener.connections.size, 0)
    await server.listener.start()
    t.equal(server.listener.localAddress.port, server.port)
    t.equal(await server.whoIs(), 'ANONYMOUS')
  })
}

t.test('who ends after a request is answered first', async (t) => {
  const server = await start(t)
  const peer = await server.peer({ allowHalfOpen: true } as ConnectionOptions)
  peer.socket.end(requestBytes(describeCluster, 0, {}))
  t.equal((await peer.ended()).length, 1)
  await until(() => server.listener.connections.size === 0)
})

t.test('a storm of handshakes, good and bad', async (t) => {
  const server = await start(t, { options: requested })
  const storm = Array.from({ length: 100 }, async (_, i) => {
    if (i % 4 === 0) return server.whoIs()
    if (i % 4 === 1) return server.whoIs(alice)
    const socket = await server.dial()
    if (i % 4 === 2) socket.end('garbage that is no hello')
    else socket.destroy()
    await closed(socket)
    return 'gone'
  })
  const names = await Promise.all(storm)
  for (const [name, count] of [
    ['ANONYMOUS', 25],
    ['CN=alice,O=Acme', 25],
    ['gone', 50],
  ] as const) {
    t.equal(names.filter((each) => each === name).length, count, name)
  }
  await until(() => server.listener.connections.size === 0)
})

t.test('a peer that does not read is not read from', async (t) => {
  const clusterId = 'x'.repeat(30_000)
  const brokers = Array.from({ length: 40 }, (_, brokerId) => ({ brokerId, host: clusterId, port: 1 }))
  const tls = tlsSettings('SSL', {}, new ListenerConfigs(new Map(), 'SSL'), throwaway)
  let taken = 0
  const big = handler(describeCluster, () => {
    taken++
    return { brokers }
  })
  const { listener } = testServer([big], { name: 'SSL', securityProtocol: 'SSL', tls })
  await listener.start()
  t.teardown(() => listener.kill())
  const peer = await tlsPeer(t, `127.0.0.1:${listener.localAddress.port}`, { ca: authority.ca })
  peer.socket.pause()
  for (let i = 0; i < 200; i++) peer.send(requestBytes(describeCluster, 0, {}, { correlationId: i }))
  await until(
    () => taken > 0 && [...listener.connections].some(({ bufferedBytes }) => bufferedBytes > 1_000_000),
  )
  const before = taken
  await new Promise((resolve) => setImmediate(resolve))
  t.ok(taken - before <= 1 && taken < 100, `${taken} of 200 requests are taken`)
  peer.socket.resume()
  for (let i = 0; i < 200; i++) await peer.frame()
  t.equal(taken, 200)
})

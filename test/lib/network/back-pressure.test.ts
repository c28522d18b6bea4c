import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import t from 'tap'
import { handler } from '../../../lib/network/handler.ts'
import type { Listener } from '../../../lib/network/listener.ts'
import { describeCluster } from '../../../protocol/messages/describe-cluster.ts'
import { heartbeat } from '../../../protocol/messages/heartbeat.ts'
import { saslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { FramePeer, requestBytes } from '../../helpers/network.ts'
import { type TestServer, testServer } from '../../helpers/network-server.ts'
import { turns, until } from '../../helpers/network-turns.ts'

const KB = 1024
const MB = 1024 * KB
/** What a connection may hold: 1 MB of answers and one more, 256 KB of requests and what a stream has on hand. */
const MOST_BUFFERED = MB + 100 * KB + 256 * KB + 3 * 64 * KB

const RESPONSE_SIZE = 100 * KB
const request = requestBytes(describeCluster, 0, {})

type Way = 'TCP' | 'memory'

async function bigAnswers(way: Way): Promise<{ server: TestServer; handled: () => number }> {
  let handled = 0
  const brokers = Array.from({ length: RESPONSE_SIZE / 64 }, (_, brokerId) => ({
    brokerId,
    host: 'h'.repeat(53),
    port: 1,
    rack: null,
  }))
  const big = handler(describeCluster, () => {
    handled++
    return { brokers }
  })
  const server = testServer([big], { tcp: way === 'TCP' })
  await server.listener.start()
  return { server, handled: () => handled }
}

function dial({ listener, transport }: TestServer, way: Way): Duplex {
  return way === 'TCP'
    ? connect({ host: '127.0.0.1', port: listener.localAddress.port })
    : transport.connect(listener.advertisedAddress)
}

function buffered(listener: Listener): number {
  let bytes = 0
  for (const connection of listener.connections) bytes += connection.bufferedBytes
  return bytes
}

/** Writes until the stream takes no more for a while; returns how many requests that were. */
async function flood(socket: Duplex, piece: Buffer, limit: number, watch: () => void): Promise<number> {
  const perPiece = piece.length / request.length
  let sent = 0
  let stalled = 0
  while (sent < limit && stalled < 200) {
    if (socket.writableNeedDrain) {
      stalled++
    } else {
      stalled = 0
      socket.write(piece)
      sent += perPiece
    }
    watch()
    await turns(1)
  }
  return sent
}

for (const way of ['TCP', 'memory'] as const) {
  t.test(`a peer that never reads is held up, and gets everything when it does: ${way}`, async (t) => {
    const { server, handled } = await bigAnswers(way)
    const { listener } = server
    t.teardown(() => listener.kill())
    const socket = dial(server, way)
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    let most = 0
    const watch = () => {
      most = Math.max(most, buffered(listener))
    }
    const sent = await flood(socket, Buffer.concat(new Array(1000).fill(request)), 500_000, watch)
    await turns(50)
    watch()
    t.ok(sent < 500_000, `the flooder was stopped after ${sent} requests`)
    t.ok(most > 500 * KB, 'answers wait')
    t.ok(most < MOST_BUFFERED, `${most} bytes were held`)
    const handledUnread = handled()
    t.ok(handledUnread < 500, `${handledUnread} requests were handled that nobody reads the answers of`)

    const peer = new FramePeer(socket)
    for (let count = 0; count < handledUnread + 200; count++) {
      const frame = await peer.frame()
      if (frame.length < RESPONSE_SIZE) t.fail(`answer ${count} has ${frame.length} bytes`)
      watch()
    }
    t.ok(most < MOST_BUFFERED, `${most} bytes were held`)
  })

  t.test(`a flood behind a request that waits is not taken in: ${way}`, async (t) => {
    let release: (() => void) | undefined
    const slow = handler(
      heartbeat,
      () =>
        new Promise((resolve) => {
          release = () => resolve({ errorCode: 0 })
        }),
    )
    let handled = 0
    const quick = handler(describeCluster, () => {
      handled++
      return { clusterId: 'c' }
    })
    const server = testServer([slow, quick], { tcp: way === 'TCP' })
    const { listener } = server
    await listener.start()
    t.teardown(() => listener.kill())
    const socket = dial(server, way)
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    socket.write(requestBytes(heartbeat, 4, { groupId: 'g', memberId: 'm' }))
    await until(() => release !== undefined)
    let most = 0
    const watch = () => {
      most = Math.max(most, buffered(listener))
    }
    // Small pieces, so that each is a chunk of its own where nothing joins them.
    const piece = Buffer.concat(new Array(100).fill(request))
    const sent = await flood(socket, piece, 2_000_000, watch)
    t.ok(sent < 2_000_000, `the flooder was stopped after ${sent} requests`)
    t.equal(handled, 0)
    t.ok(most < 256 * KB + 3 * 64 * KB, `${most} bytes were held`)
    release?.()
    socket.resume()
    await until(() => handled === sent)
  })
}

t.test('a slow reader that has ended its side still gets every answer', async (t) => {
  const { server } = await bigAnswers('memory')
  const { listener } = server
  t.teardown(() => listener.kill())
  // Unlike a client that is done, one that has only said its last leaves its reading side open.
  const [socket, far] = duplexPair()
  listener.accept(far, { host: '10.0.0.1', port: 1 })
  socket.end(Buffer.concat(new Array(60).fill(request)))
  await turns(50)
  t.equal(listener.connections.size, 1)
  const peer = new FramePeer(socket)
  t.equal((await peer.ended()).length, 60)
  await until(() => listener.connections.size === 0)
})

t.test('a large request is read whole, whatever the limit on what waits', async (t) => {
  let got = 0
  const big = handler(saslAuthenticate, ({ authBytes }) => {
    got = authBytes.length
    return {}
  })
  const server = testServer([big])
  await server.listener.start()
  t.teardown(() => server.listener.kill())
  const peer = new FramePeer(dial(server, 'TCP'))
  await peer.request(saslAuthenticate, 2, { authBytes: Buffer.alloc(5 * MB, 1) })
  t.equal(got, 5 * MB)
  peer.socket.destroy()
})

t.test('a peer that vanishes with answers unread leaves nothing behind', async (t) => {
  const { server } = await bigAnswers('TCP')
  const { listener } = server
  t.teardown(() => listener.kill())
  for (const leave of [(s: Socket) => s.destroy(), (s: Socket) => s.resetAndDestroy()]) {
    const socket = dial(server, 'TCP') as Socket
    await once(socket, 'connect')
    socket.write(Buffer.concat(new Array(100).fill(request)))
    await until(() => buffered(listener) > 500 * KB)
    leave(socket)
    await until(() => listener.connections.size === 0)
  }
  t.equal(buffered(listener), 0)
})

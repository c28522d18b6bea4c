import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import t from 'tap'
import type { Intercept } from '../../../lib/network/connection-settings.ts'
import { handler } from '../../../lib/network/handler.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { describeCluster } from '../../../protocol/messages/describe-cluster.ts'
import { heartbeat } from '../../../protocol/messages/heartbeat.ts'
import { joinGroup } from '../../../protocol/messages/join-group.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { FramePeer, requestBytes } from '../../helpers/network.ts'
import { testServer } from '../../helpers/network-server.ts'
import { until } from '../../helpers/network-turns.ts'

function dial(port: number): FramePeer {
  return new FramePeer(connect({ host: '127.0.0.1', port, allowHalfOpen: true }))
}

t.test('answers over TCP, in a version of the classic and of the flexible encoding', async (t) => {
  const { listener } = testServer()
  await listener.start()
  t.teardown(() => listener.kill())
  const peer = dial(listener.localAddress.port)
  t.teardown(() => peer.socket.destroy())
  const versions = await peer.request(apiVersions, 0, {})
  t.equal(versions.body.errorCode, ErrorCode.NONE)
  t.same(
    versions.body.apiKeys.map(({ apiKey }) => apiKey),
    [18, 60],
  )
  t.equal(versions.left, 0)
  await peer.request(apiVersions, 3, { clientSoftwareName: 'tap', clientSoftwareVersion: '1.0' })
  const who = await peer.request(describeCluster, 0, {})
  t.equal(who.body.clusterId, 'ANONYMOUS/test')
  t.equal(who.body.brokers[0]?.host, '127.0.0.1')
  const [connection] = listener.connections
  t.match(connection?.session, {
    listenerName: 'PLAINTEXT',
    clientSoftwareName: 'tap',
    clientSoftwareVersion: '1.0',
    clientHost: '127.0.0.1',
  })
  t.match(connection?.session.connectionId, /^127\.0\.0\.1:\d+-127\.0\.0\.1:\d+-0$/)
})

t.test('what a request brings stays, though all sockets are read into the same memory', async (t) => {
  const kept: Buffer[] = []
  const keeping = [
    handler(joinGroup, ({ protocols }) => {
      kept.push(...protocols.map(({ metadata }) => metadata))
      return { errorCode: ErrorCode.NONE }
    }),
    handler(produce, ({ topicData }) => {
      kept.push(topicData[0]!.partitionData[0]!.records!)
      return { responses: [] }
    }),
  ]
  const texts = ['first', 'second', 'third']
  const send = async (intercept?: Intercept) => {
    const { listener } = testServer(keeping, { intercept })
    await listener.start()
    t.teardown(() => listener.kill())
    const peers = texts.map(() => dial(listener.localAddress.port))
    t.teardown(() => peers.map(({ socket }) => socket.destroy()))
    return peers
  }
  const join = (text: string) => ({ protocols: [{ name: 'range', metadata: Buffer.from(text) }] })
  for (const [i, peer] of (await send()).entries()) await peer.request(joinGroup, 7, join(texts[i]!))
  t.strictSame(kept.splice(0).map(String), texts)

  const write = (text: string) => ({
    topicData: [{ name: 't', partitionData: [{ index: 0, records: Buffer.from(text) }] }],
  })
  const waiting: (() => void)[] = []
  const later: Intercept = async (served, request, context) => {
    await new Promise<void>((resolve) => waiting.push(resolve))
    return served.handle(request as never, context)
  }
  const answers = (await send(later)).map((peer, i) => peer.request(produce, 9, write(texts[i]!)))
  await until(() => waiting.length === texts.length)
  for (const resolve of waiting) resolve()
  await Promise.all(answers)
  t.strictSame(kept.map(String).sort(), texts, 'whoever intercepts may take its time')
})

t.test('a taken port is told by name', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  const { listener } = testServer([], { port })
  await t.rejects(listener.start(), {
    code: 'EADDRINUSE',
    message: `cannot listen on 127.0.0.1:${port}: the port is already in use`,
  })
  t.equal(listener.isRunning, false)
})

t.test('what is advertised may differ from where it listens', async (t) => {
  t.same(testServer([], { port: 9092 }).listener.advertisedAddress, { host: '127.0.0.1', port: 9092 })
  t.same(testServer([], { host: '0.0.0.0', port: 9092 }).listener.advertisedAddress, {
    host: 'localhost',
    port: 9092,
  })
  const { listener } = testServer([], { advertisedHost: 'kafka.example', advertisedPort: 19_092 })
  await listener.start()
  t.teardown(() => listener.stop())
  t.same(listener.advertisedAddress, { host: 'kafka.example', port: 19_092 })
  t.not(listener.localAddress.port, 0)
})

t.test('stop answers what is under way, ends connections, and the port can be taken again', async (t) => {
  let answer: (() => void) | undefined
  const slow = handler(
    heartbeat,
    () =>
      new Promise((resolve) => {
        answer = () => resolve({ errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
      }),
  )
  const { listener } = testServer([slow])
  await listener.start()
  const { port } = listener.localAddress
  const idle = dial(port)
  await idle.request(apiVersions, 0, {})
  const busy = dial(port)
  await busy.request(apiVersions, 0, {})
  const response = busy.request(heartbeat, 4, { groupId: 'g', memberId: 'm' })
  while (!answer) await new Promise(setImmediate)
  const stopped = listener.stop()
  t.same(await idle.ended(), [])
  answer()
  t.equal((await response).body.errorCode, ErrorCode.REBALANCE_IN_PROGRESS)
  await busy.ended()
  await stopped
  t.equal(listener.connections.size, 0)
  const late = dial(port)
  await t.rejects(late.frame())

  await listener.start()
  t.equal(listener.localAddress.port, port)
  const again = dial(port)
  await again.request(apiVersions, 0, {})
  await listener.kill()
  t.same(await again.ended(), [])
  for (const peer of [idle, busy, late, again]) peer.socket.destroy()
})

t.test('a peer that never closes its side does not keep a connection that we have closed', async (t) => {
  const { listener } = testServer()
  await listener.start()
  t.teardown(() => listener.kill())
  const peer = dial(listener.localAddress.port)
  t.teardown(() => peer.socket.destroy())
  await peer.request(apiVersions, 0, {})
  peer.send(Buffer.alloc(4, 0xff))
  t.same(await peer.ended(), [])
  await until(() => listener.connections.size === 0)
})

t.test('stop does not wait for a peer that never reads', async (t) => {
  const brokers = Array.from({ length: 100_000 }, (_, brokerId) => ({
    brokerId,
    host: 'a'.repeat(100),
    port: 1,
  }))
  const { listener } = testServer([handler(describeCluster, () => ({ brokers }))])
  await listener.start()
  const socket = connect({ port: listener.localAddress.port, host: '127.0.0.1', allowHalfOpen: true })
  t.teardown(() => socket.destroy())
  socket.write(requestBytes(describeCluster, 0, {}))
  while (![...listener.connections].some(({ bufferedBytes }) => bufferedBytes > 1_000_000)) {
    await new Promise(setImmediate)
  }
  await listener.stop()
  t.equal(listener.connections.size, 0)
})

import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { Kafka, logLevel } from 'kafkajs'
import t from 'tap'
import { handler } from '../../../lib/network/handler.ts'
import { type MemorySocket, memorySocketPair } from '../../../lib/network/memory-socket.ts'
import { MemoryTransport } from '../../../lib/network/memory-transport.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { FramePeer } from '../../helpers/network.ts'
import { memoryServer } from '../../helpers/network-server.ts'
import { turns, until } from '../../helpers/network-turns.ts'

const CLIENT = { host: '10.0.0.1', port: 50_000 }
const SERVER = { host: '10.0.0.2', port: 9092 }

function collect(socket: Duplex): { bytes: () => string; events: string[] } {
  const chunks: Buffer[] = []
  const events: string[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  for (const event of ['end', 'finish', 'close']) socket.on(event, () => events.push(event))
  socket.on('error', (error: NodeJS.ErrnoException) => events.push(`error ${error.code}`))
  return { bytes: () => Buffer.concat(chunks).toString(), events }
}

t.test('kafkajs connects through its socketFactory and gets its answers', async (t) => {
  const { listener } = await memoryServer(t, [
    handler(
      metadata,
      () => ({
        brokers: [{ nodeId: 1, host: 'nowhere.invalid', port: 9092 }],
        clusterId: 'in-memory',
        controllerId: 1,
        topics: [
          { name: 'a', partitions: [{ partitionIndex: 0, leaderId: 1, replicaNodes: [1], isrNodes: [1] }] },
        ],
      }),
      { max: 6 },
    ),
  ])
  const asked: unknown[] = []
  const transport = new MemoryTransport((address) => {
    asked.push(address)
    return listener
  })
  const kafka = new Kafka({
    brokers: ['nowhere.invalid:9092'],
    clientId: 'in-process',
    logLevel: logLevel.NOTHING,
    socketFactory: transport.socketFactory as never,
  })
  const admin = kafka.admin()
  await admin.connect()
  const cluster = await admin.describeCluster()
  t.equal(cluster.clusterId, 'in-memory')
  t.same(asked[0], { host: 'nowhere.invalid', port: 9092 })
  const [connection] = listener.connections
  t.match(connection?.session, {
    clientHost: '127.0.0.1',
    connectionId: /^nowhere\.invalid:9092-127\.0\.0\.1:\d+-0$/,
  })
  await admin.disconnect()
  await until(() => listener.connections.size === 0)
})

t.test('kafkajs learns that a broker has been killed', async (t) => {
  let asked = 0
  const never = () => {
    asked++
    return new Promise<never>(() => {})
  }
  const { listener, transport } = await memoryServer(t, [handler(metadata, never, { max: 6 })])
  const kafka = new Kafka({
    brokers: ['nowhere.invalid:9092'],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    socketFactory: transport.socketFactory as never,
  })
  const admin = kafka.admin()
  await admin.connect()
  const described = t.rejects(admin.describeCluster(), { message: /Closed connection|ECONNREFUSED/ })
  await until(() => asked > 0)
  await listener.kill()
  await described
  await admin.disconnect()
})

t.test('where nothing runs, a connection is refused', async (t) => {
  const { listener, transport } = await memoryServer(t)
  const nobody = new MemoryTransport(() => undefined).connect(SERVER)
  const [error] = await once(nobody, 'error')
  t.match(error, { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 10.0.0.2:9092' })
  await listener.stop()
  const [late] = await once(transport.connect(SERVER), 'error')
  t.equal(late.code, 'ECONNREFUSED')
  await listener.start()
  const peer = new FramePeer(transport.connect(SERVER))
  await peer.request(apiVersions, 0, {})
})

t.test('a client that gives up before it is connected leaves nothing behind', async (t) => {
  const { listener, transport } = await memoryServer(t)
  const socket = transport.connect(SERVER, () => t.fail('it was not to be connected'))
  t.equal(socket.connecting, true)
  socket.destroy()
  await once(socket, 'close')
  await turns(3)
  t.equal(listener.connections.size, 0)
})

t.test('a pair looks and behaves like two sockets', async (t) => {
  const pair = (): [MemorySocket, MemorySocket] => memorySocketPair(CLIENT, SERVER)

  t.test('addresses, and what libraries call', async (t) => {
    const [client, server] = pair()
    t.match(client, {
      localAddress: '10.0.0.1',
      localPort: 50_000,
      remoteAddress: '10.0.0.2',
      remotePort: 9092,
    })
    t.match(server, {
      localAddress: '10.0.0.2',
      localPort: 9092,
      remoteAddress: '10.0.0.1',
      remotePort: 50_000,
    })
    t.same(server.address(), { address: '10.0.0.2', family: 'IPv4', port: 9092 })
    t.equal(client.setKeepAlive(true, 1).setNoDelay().setTimeout(5).ref().unref(), client)
  })

  t.test('bytes arrive later than the write, in order, never within it', async (t) => {
    const [client, server] = pair()
    const got = collect(server)
    client.write('a')
    client.write('b')
    t.equal(got.bytes(), '')
    await until(() => got.bytes() === 'ab')
    server.end('c')
    const back = collect(client)
    await until(() => back.events.includes('close') && got.events.includes('close'))
    t.equal(back.bytes(), 'c')
    t.same(back.events, ['end', 'finish', 'close'])
  })

  t.test('an end is half a close: the other side may go on', async (t) => {
    const [client, server] = pair()
    const got = collect(server)
    client.end('last')
    await until(() => got.events.includes('end'))
    t.equal(got.bytes(), 'last')
    const back = collect(client)
    server.write('still here')
    await until(() => back.bytes() === 'still here')
    server.end()
    await until(() => back.events.includes('close') && got.events.includes('close'))
    t.same(
      [...back.events, ...got.events].filter((event) => event.startsWith('error')),
      [],
    )
  })

  t.test('what was written before a destroy arrives, then the end', async (t) => {
    const [client, server] = pair()
    const got = collect(server)
    client.write('sent')
    client.destroy()
    await until(() => got.events.includes('end'))
    t.equal(got.bytes(), 'sent')
    server.write('into the void')
    await until(() => got.events.includes('close'))
    t.ok(got.events.includes('error ECONNRESET'))
  })

  t.test('a destroy with bytes unread is a reset', async (t) => {
    const [client, server] = pair()
    const got = collect(client)
    client.write('unread')
    await turns(3)
    server.read(0)
    t.ok(server.readableLength > 0)
    server.destroy()
    await until(() => got.events.includes('close'))
    t.same(got.events, ['error ECONNRESET', 'close'])
  })

  t.test('a reader that does not read holds the writer up', async (t) => {
    const [client, server] = pair()
    let written = 0
    while (written < 1000 && client.write(Buffer.alloc(10_000))) {
      written++
      await turns(2)
    }
    await turns(10)
    t.ok(client.writableNeedDrain)
    t.ok(server.readableLength + client.writableLength < 200_000)
    server.resume()
    await once(client, 'drain')
    server.destroy()
    client.destroy()
  })

  t.test('a writer that is held up learns that the reader has gone', async (t) => {
    const [client, server] = pair()
    const got = collect(client)
    client.write(Buffer.alloc(1_000_000))
    client.write(Buffer.alloc(1_000_000))
    await turns(5)
    server.destroy()
    await until(() => got.events.includes('close'))
    t.same(got.events, ['error ECONNRESET', 'close'])
  })
})

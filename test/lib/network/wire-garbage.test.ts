import { once } from 'node:events'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { type Handler, handler } from '../../../lib/network/handler.ts'
import { apis } from '../../../protocol/apis.ts'
import { codecOf } from '../../../protocol/codec.ts'
import { ProtocolError } from '../../../protocol/error.ts'
import { requestHeader, requestHeaderCodec } from '../../../protocol/header.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { Reader } from '../../../protocol/primitives/reader.ts'
import type { Api } from '../../../protocol/schema.ts'
import { heldBytes } from '../../helpers/held-memory.ts'
import { damaged } from '../../helpers/messages/mutate.ts'
import { valuesOf } from '../../helpers/messages/values.ts'
import { FramePeer, requestBytes } from '../../helpers/network.ts'
import { memoryServer, type TestServer, testServer } from '../../helpers/network-server.ts'
import { turns, until } from '../../helpers/network-turns.ts'

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
t.comment(`seed ${seed}; SEED=${seed} in the environment repeats this run`)
t.setTimeout(120_000)

const MAX_REQUEST_SIZE = 100_000

/** Every API that is declared, in every version; half of them answer later. ApiVersions answers truly. */
const handlers: Handler[] = apis
  .filter((api) => api !== apiVersions)
  .map((api: Api) => handler(api, () => (api.key % 2 === 0 ? {} : Promise.resolve({})), api.versions))

function framed(body: Uint8Array, size = body.length): Buffer {
  const bytes = Buffer.alloc(4 + body.length)
  bytes.writeInt32BE(size)
  bytes.set(body, 4)
  return bytes
}

interface Expected {
  /** Of the requests that are answered, in order. */
  readonly correlationIds: number[]
  /** Whether the broker closes the connection by itself. */
  readonly closed: boolean
}

/** What Kafka does with these bytes, told by a plain walk over them. */
function expected(stream: Buffer): Expected {
  const correlationIds: number[] = []
  for (let offset = 0; offset + 4 <= stream.length; ) {
    const size = stream.readInt32BE(offset)
    if (size < 0 || size > MAX_REQUEST_SIZE) return { correlationIds, closed: true }
    const frame = stream.subarray(offset + 4, offset + 4 + size)
    if (frame.length < size) break
    const correlationId = answered(frame)
    if (correlationId === undefined) return { correlationIds, closed: true }
    correlationIds.push(correlationId)
    offset += 4 + size
  }
  return { correlationIds, closed: false }
}

/** The correlation id of a request that is answered. */
function answered(frame: Buffer): number | undefined {
  if (frame.length < 8) return undefined
  const version = frame.readInt16BE(2)
  const api: Api | undefined = apis.find(({ key }) => key === frame.readInt16BE(0))
  if (!api) return undefined
  const known = version >= api.versions.min && version <= api.versions.max
  if (!known && api.key !== apiVersions.key) return undefined
  try {
    const reader = new Reader(frame)
    const header = known
      ? requestHeaderCodec(api, version).decode(reader)
      : codecOf(requestHeader, version >= 3 ? 2 : 1).decode(reader)
    if (known) codecOf(api.request, version).decode(reader)
    return header.correlationId
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

interface Sent {
  readonly stream: Buffer
  /** Where the stream is cut into writes. */
  readonly cuts: readonly number[]
  /** How the peer leaves once it has written. */
  readonly leaving: 'ends' | 'waits' | 'vanishes'
}

function sent(stream: fc.Arbitrary<Buffer>): fc.Arbitrary<Sent> {
  return fc.record({
    stream,
    cuts: fc.array(fc.nat(), { maxLength: 4 }),
    leaving: fc.constantFrom('ends', 'ends', 'waits', 'vanishes'),
  })
}

async function write(socket: Duplex, { stream, cuts }: Sent, pause: () => Promise<void>): Promise<void> {
  const places = [...cuts.map((place) => place % (stream.length + 1)), stream.length].sort((a, b) => a - b)
  let start = 0
  for (const place of places) {
    socket.write(stream.subarray(start, place))
    start = place
    await pause()
  }
}

/** Sends it and sees that what comes back is what Kafka would send. */
async function playOne(peer: FramePeer, what: Sent): Promise<void> {
  await write(peer.socket, what, () => (what.cuts.length % 2 ? turns(1) : Promise.resolve()))
  if (what.leaving === 'ends') peer.socket.end()
  if (what.leaving === 'vanishes') {
    peer.socket.destroy()
    return
  }
  const { correlationIds, closed } = expected(what.stream)
  const got: number[] = []
  while (got.length < correlationIds.length) got.push((await peer.frame()).readInt32BE(0))
  if (what.leaving === 'ends' || closed) {
    for (const frame of await peer.ended()) got.push(frame.readInt32BE(0))
  } else {
    await turns(2)
    if (peer.isOver) throw new Error('closed, though nothing was wrong')
  }
  peer.socket.destroy()
  if (got.join() !== correlationIds.join()) throw new Error(`answers to ${got} instead of ${correlationIds}`)
}

/** Plays them side by side, each on a connection of its own, and sees that another one is served as before. */
async function play(server: TestServer, witness: FramePeer, batch: readonly Sent[]): Promise<void> {
  await Promise.all(batch.map((what) => playOne(server.connect(), what)))
  const { body } = await witness.request(apiVersions, 0, {})
  if (body.apiKeys.length !== apis.length) throw new Error('the witness got another answer')
  witness.chunks.length = 0
  await until(() => server.listener.connections.size === 1)
}

const goods = [0, 3, 4].map((version) => requestBytes(apiVersions, version, {}, { correlationId: version }))
const good = fc.constantFrom(...goods)
const bytes = (maxLength: number) =>
  fc.uint8Array({ maxLength, size: 'max' }).map((array) => Buffer.from(array))
const concat = (...parts: fc.Arbitrary<Buffer>[]) =>
  fc.tuple(...parts).map((buffers) => Buffer.concat(buffers))

const everyVersion = apis.flatMap((api: Api) => {
  const versions: [Api, number][] = []
  for (let version = api.versions.min; version <= api.versions.max; version++) versions.push([api, version])
  return versions
})

/** A request of any API in any version, its size true. */
const anyRequest = fc
  .tuple(fc.constantFrom(...everyVersion), fc.integer(), fc.option(fc.string({ maxLength: 9 })))
  .chain(([[api, version], correlationId, clientId]) =>
    valuesOf(api.request, version).map((body) =>
      requestBytes(api, version, body, { correlationId: correlationId | 0, clientId }),
    ),
  )

const anyInt16 = fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 })

const unknownApi = fc
  .tuple(
    good,
    fc.oneof(fc.integer({ min: -3, max: 110 }), anyInt16),
    fc.oneof(fc.integer({ min: -3, max: 20 }), anyInt16),
  )
  .map(([request, key, version]) => {
    const changed = Buffer.from(request)
    changed.writeInt16BE(key, 4)
    changed.writeInt16BE(version, 6)
    return changed
  })

const badSize = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: -(2 ** 31), max: -1 }),
      fc.integer({ min: MAX_REQUEST_SIZE + 1, max: 2 ** 31 - 1 }),
      fc.constantFrom(-1, -(2 ** 31), 2 ** 31 - 1, MAX_REQUEST_SIZE + 1),
    ),
    bytes(20),
  )
  .map(([size, body]) => framed(body, size))

const damagedRequest = anyRequest.chain((request) => damaged(request.subarray(4))).map((body) => framed(body))

const kinds: Record<string, [number, fc.Arbitrary<Buffer>]> = {
  'random bytes': [2000, concat(fc.oneof(fc.constant(Buffer.alloc(0)), good), bytes(300))],
  'random bytes as a frame': [
    1500,
    concat(
      good,
      bytes(200).map((body) => framed(body)),
      good,
    ),
  ],
  'a negative or huge size': [1500, concat(good, badSize)],
  'unknown API keys and versions': [1500, concat(good, unknownApi, good)],
  'requests of every API, damaged': [2500, concat(good, damagedRequest, good)],
  'requests of every API that stop half-way': [
    1000,
    concat(
      good,
      fc.tuple(anyRequest, fc.nat()).map(([request, at]) => request.subarray(0, at % request.length)),
    ),
  ],
  'several requests, whole': [500, concat(anyRequest, good, anyRequest)],
}

/** Takes up the memory that is taken once, so that it is not counted below: of codecs, and of the table of strings. */
async function settleIn(server: TestServer): Promise<void> {
  for (const [api, version] of everyVersion) {
    const [body] = fc.sample(valuesOf(api.request, version), { seed: 1, numRuns: 1 })
    const peer = server.connect()
    peer.send(requestBytes(api, version, body as object))
    await peer.frame()
    peer.socket.destroy()
  }
  const peer = server.connect()
  for (let round = 0; round < 20; round++) {
    const named = (index: number) => `a client ${round} ${index}`.padEnd(90)
    const requests = Array.from({ length: 1000 }, (_, index) =>
      requestBytes(apiVersions, 0, {}, { clientId: named(index) }),
    )
    peer.send(Buffer.concat(requests))
    for (let count = 0; count < requests.length; count++) await peer.frame()
  }
  peer.socket.destroy()
}

const BATCH = 10

t.test('whatever comes is answered or closes its own connection, as with Kafka', async (t) => {
  const server = await memoryServer(t, handlers, { maxRequestSize: MAX_REQUEST_SIZE })
  const { listener, log } = server
  const witness = server.connect()
  await settleIn(server)
  let cases = 0
  const run = (stream: fc.Arbitrary<Buffer>, numRuns: number, seed: number) =>
    fc.assert(
      fc.asyncProperty(fc.array(sent(stream), { minLength: BATCH, maxLength: BATCH }), async (batch) => {
        cases += BATCH
        await play(server, witness, batch)
      }),
      { numRuns: numRuns / BATCH, seed },
    )
  for (const [kind, [numRuns, stream]] of Object.entries(kinds)) {
    await run(stream, 100, 1)
    log.lines.length = 0
    const before = await heldBytes()
    await run(stream, numRuns, seed)
    t.equal(log.lines.filter(({ level }) => level === 'error').length, 0)
    log.lines.length = 0
    t.equal(listener.connections.size, 1)
    for (const connection of listener.connections) t.equal(connection.bufferedBytes, 0)
    const grown = (await heldBytes()) - before
    t.ok(grown < 4_000_000, `${numRuns} times ${kind}: ${Math.round(grown / 1000)} KB more are held`)
  }
  t.ok(cases >= 10_000, `${cases} cases`)
})

t.test('a request cut at each byte waits for the rest, and is nothing without it', async (t) => {
  const server = await memoryServer(t, handlers, { maxRequestSize: MAX_REQUEST_SIZE })
  const witness = server.connect()
  let cases = 0
  for (const request of fc.sample(anyRequest, { seed, numRuns: 12 })) {
    const batch: Sent[] = []
    for (let place = 0; place < Math.min(request.length, 150); place++) {
      batch.push({ stream: request, cuts: [place], leaving: 'waits' })
      batch.push({ stream: request.subarray(0, place), cuts: [], leaving: 'ends' })
    }
    await play(server, witness, batch)
    cases += batch.length
  }
  t.pass(`${cases} cases`)
})

t.test('the same over TCP, with peers that end, reset or just stay', async (t) => {
  const server = testServer(handlers, { maxRequestSize: MAX_REQUEST_SIZE })
  await server.listener.start()
  t.teardown(() => server.listener.kill())
  const { port } = server.listener.localAddress
  const witness = new FramePeer(connect({ port, host: '127.0.0.1' }))
  t.teardown(() => witness.socket.destroy())
  const stream = fc.oneof(...Object.values(kinds).map(([, arbitrary]) => arbitrary))
  await fc.assert(
    fc.asyncProperty(sent(stream), async (what) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
      await once(socket, 'connect')
      if (what.leaving === 'vanishes') {
        await write(socket, what, () => Promise.resolve())
        socket.resetAndDestroy()
      } else {
        await playOne(new FramePeer(socket), what)
      }
      await witness.request(apiVersions, 0, {})
      await until(() => server.listener.connections.size === 1)
    }),
    { numRuns: 300, seed },
  )
  t.equal(server.log.lines.filter(({ level }) => level === 'error').length, 0)
})

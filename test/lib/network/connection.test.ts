import { duplexPair } from 'node:stream'
import t from 'tap'
import { ManualClock } from '../../../lib/lab/clock.ts'
import type { Gate, Verdict } from '../../../lib/network/gate.ts'
import { type Handle, type Handler, handler, NO_RESPONSE } from '../../../lib/network/handler.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { describeCluster } from '../../../protocol/messages/describe-cluster.ts'
import { heartbeat } from '../../../protocol/messages/heartbeat.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { saslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { decodeResponse, FramePeer, requestBytes } from '../../helpers/network.ts'
import { memoryServer } from '../../helpers/network-server.ts'
import { turns, until } from '../../helpers/network-turns.ts'

/** A Heartbeat whose generation id says who is asking, so that answers can be told apart. */
function ask(generationId: number): Buffer {
  return requestBytes(
    heartbeat,
    4,
    { groupId: 'g', memberId: 'm', generationId },
    { correlationId: generationId },
  )
}

function answering(handle: Handle<typeof heartbeat>): Handler {
  return handler(heartbeat, handle)
}

/** Answers with the generation id as error code: what came in is seen in what goes out. */
const echo = answering(({ generationId }) => ({ errorCode: generationId }))

async function answers(peer: FramePeer, count: number): Promise<number[]> {
  const codes: number[] = []
  while (codes.length < count) {
    const { correlationId, body } = decodeResponse(heartbeat, 4, await peer.frame())
    if (correlationId !== body.errorCode)
      throw new Error(`answer ${body.errorCode} to request ${correlationId}`)
    codes.push(correlationId)
  }
  return codes
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

t.test('answers leave in the order of the requests, which are handled one at a time', async (t) => {
  let underWay = 0
  const seen: number[] = []
  const mixed = answering(async ({ generationId }) => {
    t.equal(++underWay, 1)
    seen.push(generationId)
    await turns((generationId * 7) % 4)
    underWay--
    return { errorCode: generationId }
  })
  const server = await memoryServer(t, [mixed])
  const peer = server.connect()
  peer.send(Buffer.concat(upTo(20).map(ask)))
  t.same(await answers(peer, 20), upTo(20))
  t.same(seen, upTo(20))
})

t.test('what synchronous handlers answer in a turn leaves in one piece', async (t) => {
  const server = await memoryServer(t, [echo])
  const peer = server.connect()
  peer.send(Buffer.concat(upTo(50).map(ask)))
  t.same(await answers(peer, 50), upTo(50))
  t.equal(peer.chunks.length, 1)
})

t.test('answers that are there in the same turn of the event loop leave in one write', async (t) => {
  const server = await memoryServer(
    t,
    [answering(async ({ generationId }) => ({ errorCode: generationId }))],
    {},
  )
  const [client, far] = duplexPair()
  let writes = 0
  const { _write, _writev } = far
  far._write = (...args) => {
    writes++
    _write.apply(far, args)
  }
  far._writev = (chunks, done) => {
    writes++
    if (_writev) _writev.call(far, chunks, done)
    else _write.call(far, Buffer.concat(chunks.map(({ chunk }) => chunk)), 'buffer' as BufferEncoding, done)
  }
  server.listener.accept(far, { host: '10.0.0.1', port: 1 })
  const peer = new FramePeer(client)
  peer.send(Buffer.concat(upTo(50).map(ask)))
  t.same(await answers(peer, 50), upTo(50))
  t.equal(writes, 1)
})

for (const [kind, settle] of Object.entries({
  'answers at once': <T>(value: T) => value,
  'answers with promises that are settled': <T>(value: T) => Promise.resolve(value),
})) {
  t.test(`one busy connection does not keep the others waiting: ${kind}`, async (t) => {
    let busy = 0
    const counting = answering(({ groupId, generationId }) => {
      if (groupId === 'g') busy++
      return settle({ errorCode: generationId })
    })
    const server = await memoryServer(t, [counting])
    const flooder = server.connect()
    const other = server.connect()
    await turns(3)
    flooder.send(Buffer.concat(upTo(5_000).map(ask)))
    other.send(requestBytes(heartbeat, 4, { groupId: 'other', memberId: 'm' }))
    await other.frame()
    t.ok(busy < 1_000, `${busy} requests of the flooder came first`)
    t.same(await answers(flooder, 5_000), upTo(5_000))
  })
}

t.test('no answer is sent where none is wanted', async (t) => {
  const silent = handler(produce, () => NO_RESPONSE)
  const later = handler(apiVersions, () => Promise.resolve(NO_RESPONSE))
  const server = await memoryServer(t, [silent, later, echo])
  const peer = server.connect()
  const quiet = requestBytes(produce, 9, { acks: 0 })
  peer.send(Buffer.concat([quiet, ask(1), requestBytes(apiVersions, 0, {}), quiet, ask(2), ask(3)]))
  t.same(await answers(peer, 3), [1, 2, 3])
})

t.test('ApiVersions in a version from the future is answered in the oldest one', async (t) => {
  const server = await memoryServer(t, [handler(apiVersions, () => ({}), { min: 1, max: 4 })])
  const peer = server.connect()
  for (const version of [5, 99, 0, -1]) {
    const bytes = requestBytes(apiVersions, 4, { clientSoftwareName: 'x' }, { correlationId: 77 })
    bytes.writeInt16BE(version, 6)
    peer.send(bytes)
    const { correlationId, body, left } = decodeResponse(apiVersions, 0, await peer.frame())
    t.equal(correlationId, 77)
    t.equal(body.errorCode, ErrorCode.UNSUPPORTED_VERSION)
    t.same(body.apiKeys, [{ apiKey: 18, minVersion: 1, maxVersion: 4 }])
    t.equal(left, 0)
  }
  // A client that has learned it tries again on the same connection.
  t.equal((await peer.request(apiVersions, 4, {})).body.errorCode, ErrorCode.NONE)
})

t.test(
  'what cannot be read or is not served closes the connection, after what came before is answered',
  async (t) => {
    const huge = Buffer.alloc(4)
    huge.writeInt32BE(1001)
    const unknownKey = ask(9)
    unknownKey.writeInt16BE(999, 4)
    const negativeKey = ask(9)
    negativeKey.writeInt16BE(-3, 4)
    const unknownVersion = ask(9)
    unknownVersion.writeInt16BE(5, 6)
    const shortBody = ask(9).subarray(0, -3)
    shortBody.writeInt32BE(shortBody.length - 4)
    const badClientId = ask(9)
    badClientId.writeInt16BE(30_000, 12)
    const cases: Record<string, Buffer> = {
      'an unknown API key': unknownKey,
      'a negative API key': negativeKey,
      'an unknown version': unknownVersion,
      'a body cut short': shortBody,
      'a header cut short': Buffer.from([0, 0, 0, 7, 0, 12, 0, 4, 0, 0, 0]),
      'a client id longer than the frame': badClientId,
      'an empty frame': Buffer.alloc(4),
      'a negative size': Buffer.alloc(4, 0xff),
      'a size above the cap': huge,
      HTTP: Buffer.from('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'),
    }
    for (const [name, bytes] of Object.entries(cases)) {
      const server = await memoryServer(t, [echo], { maxRequestSize: 1000 })
      const peer = server.connect()
      peer.send(Buffer.concat([ask(1), ask(2), bytes, ask(3)]))
      t.same(await answers(peer, 2), [1, 2], name)
      t.same(await peer.ended(), [], name)
      await until(() => server.listener.connections.size === 0)
      t.match(server.log.lines, [{ level: 'info', message: /^closing the connection: / }], name)
    }
  },
)

t.test('a handler that throws closes its connection, and only that', async (t) => {
  const boom = new Error('boom')
  const handles: Record<string, Handle<typeof heartbeat>> = {
    throws: () => {
      throw boom
    },
    rejects: () => Promise.reject(boom),
    'answers what cannot be encoded': () => ({ throttleTimeMs: null as unknown as number, errorCode: 0 }),
  }
  for (const [name, failing] of Object.entries(handles)) {
    const server = await memoryServer(t, [
      answering((request, context) =>
        request.generationId === 2 ? failing(request, context) : { errorCode: request.generationId },
      ),
    ])
    const [peer, other] = [server.connect(), server.connect()]
    peer.send(Buffer.concat(upTo(4).map(ask)))
    t.same(await answers(peer, 2), [0, 1], name)
    t.same(await peer.ended(), [], name)
    t.match(server.log.lines, [
      { level: 'error', fields: { api: 'Heartbeat', apiVersion: 4, correlationId: 2, error: Error } },
    ])
    other.send(ask(5))
    t.same(await answers(other, 1), [5], name)
  }
})

t.test('an answer that cannot be encoded leaves nothing of itself behind', async (t) => {
  for (const [before, broken] of [
    [10, 5_000],
    [5_000, 10],
    [5_000, 5_000],
    [5_000, 200_000],
    [63_000, 1_500],
  ] as const) {
    const server = await memoryServer(t, [
      handler(saslAuthenticate, ({ authBytes }) =>
        authBytes.length > 0
          ? { authBytes: Buffer.alloc(before, 7), errorMessage: 'x'.repeat(before) }
          : {
              errorMessage: 'x'.repeat(1000),
              authBytes: Buffer.alloc(broken),
              sessionLifetimeMs: null as never,
            },
      ),
      echo,
    ])
    const peer = server.connect()
    const fine = requestBytes(saslAuthenticate, 2, { authBytes: Buffer.alloc(1) })
    peer.send(Buffer.concat([fine, ask(1), requestBytes(saslAuthenticate, 2, {})]))
    const { body, left } = decodeResponse(saslAuthenticate, 2, await peer.frame())
    t.same([body.authBytes.length, body.errorMessage?.length, left], [before, before, 0])
    t.same(await answers(peer, 1), [1])
    t.same(await peer.ended(), [])
    const other = server.connect()
    other.send(Buffer.concat([ask(2), fine, ask(3)]))
    t.same(await answers(other, 1), [2])
    t.equal(decodeResponse(saslAuthenticate, 2, await other.frame()).body.authBytes.length, before)
    t.same(await answers(other, 1), [3])
  }
})

t.test('a handler that waits is told when the connection goes away, whichever way', async (t) => {
  const ways: Record<string, (peer: FramePeer, stop: () => Promise<void>) => void> = {
    'half-closed': (peer) => peer.socket.end(),
    destroyed: (peer) => peer.socket.destroy(),
    broken: (peer) => peer.socket.destroy(new Error('reset')),
    stopped: (_peer, stop) => void stop(),
  }
  for (const [name, leave] of Object.entries(ways)) {
    let waiting = 0
    const told: number[] = []
    const never = answering((_request, context) => {
      waiting++
      context.onClose(() => told.push(1))
      context.onClose(() => {
        throw new Error('a callback that fails')
      })
      context.onClose(() => {
        told.push(2)
        context.onClose(() => told.push(3))
      })
      return new Promise(() => {})
    })
    const server = await memoryServer(t, [never])
    const peer = server.connect()
    peer.send(ask(1))
    await until(() => waiting === 1)
    t.same(told, [])
    leave(peer, () => server.listener.stop())
    await until(() => server.listener.connections.size === 0)
    t.same(told, [1, 2, 3], name)
    t.match(server.log.lines.filter(({ level }) => level === 'error').length, 1)
    await peer.ended()
  }
})

t.test('a handler that begins to wait when the connection is gone is told at once', async (t) => {
  let go: (() => void) | undefined
  let told = 0
  const late = answering(async (_request, context) => {
    await new Promise<void>((resolve) => {
      go = resolve
    })
    context.onClose(() => told++)
    return new Promise(() => {})
  })
  const server = await memoryServer(t, [late])
  const peer = server.connect()
  peer.send(ask(1))
  await until(() => go !== undefined)
  peer.socket.end()
  await turns(3)
  t.equal(server.listener.connections.size, 1, 'its answer may still come')
  go?.()
  await until(() => server.listener.connections.size === 0)
  t.equal(told, 1)
})

t.test('what a peer has sent before it ended its side is still answered', async (t) => {
  const server = await memoryServer(t, [
    answering(async ({ generationId }) => turns(1).then(() => ({ errorCode: generationId }))),
  ])
  const [client, far] = duplexPair()
  server.listener.accept(far, { host: '10.0.0.1', port: 1 })
  const peer = new FramePeer(client)
  client.end(Buffer.concat([...upTo(300).map(ask), ask(300).subarray(0, 9)]))
  t.same(await answers(peer, 300), upTo(300))
  t.same(await peer.ended(), [])
  await until(() => server.listener.connections.size === 0)
})

t.test('a dribble of single bytes', async (t) => {
  const server = await memoryServer(t, [echo])
  const peer = server.connect()
  for (const byte of Buffer.concat(upTo(20).map(ask))) peer.send(Buffer.from([byte]))
  t.same(await answers(peer, 20), upTo(20))
})

t.test('idle connections are closed when their time is up, on the clock', async (t) => {
  const clock = new ManualClock()
  const server = await memoryServer(t, [echo], { clock, maxIdleMs: 600_000 })
  const [idle, active] = [server.connect(), server.connect()]
  await until(() => server.listener.connections.size === 2)
  clock.advance(400_000)
  active.send(ask(1))
  await answers(active, 1)
  clock.advance(199_999)
  await turns(3)
  t.equal(server.listener.connections.size, 2)
  clock.advance(1)
  t.same(await idle.ended(), [])
  t.equal(server.listener.connections.size, 1)
  clock.advance(399_998)
  await turns(3)
  t.equal(server.listener.connections.size, 1)
  clock.advance(2)
  await active.ended()
  await until(() => server.listener.connections.size === 0)
  t.equal(clock.pendingTimers, 0, 'a listener without connections sets no timer')
})

t.test('an interceptor sees each request before its handler and may answer in its place', async (t) => {
  const seen: unknown[] = []
  const server = await memoryServer(t, [echo], {
    intercept: (served, request, context) => {
      seen.push([served.api.name, context.apiVersion, context.correlationId])
      if (served.api === describeCluster) return { errorMessage: 'not today' }
      return served.handle(request as never, context)
    },
  })
  const peer = server.connect()
  t.equal((await peer.request(describeCluster, 0, {})).body.errorMessage, 'not today')
  peer.send(ask(3))
  t.same(await answers(peer, 1), [3])
  t.same(seen, [
    ['DescribeCluster', 0, 1],
    ['Heartbeat', 4, 3],
  ])
})

t.test(
  'connections that share a writer keep apart what they write, even within a turn of each other',
  async (t) => {
    // Node's pairs hand bytes over within `write`: a handler that writes to another connection's peer runs its turn.
    const peers: FramePeer[] = []
    const reentrant = answering(({ generationId }) => {
      // By then the writer holds the answers to those before.
      if (generationId >= 5 && generationId < 1000) peers[1]?.send(ask(generationId + 1000))
      return { errorCode: generationId }
    })
    const server = await memoryServer(t, [reentrant])
    for (let port = 1; port <= 2; port++) {
      const [client, far] = duplexPair()
      server.listener.accept(far, { host: '10.0.0.1', port })
      peers.push(new FramePeer(client))
    }
    const [first, second] = peers as [FramePeer, FramePeer]
    await turns(2)
    first.send(Buffer.concat(upTo(10).map(ask)))
    t.same(await answers(first, 10), upTo(10))
    t.same(await answers(second, 5), [1005, 1006, 1007, 1008, 1009])
  },
)

/** Says of each frame when it is taken, and answers it when the test says so. */
class SlowGate implements Gate {
  readonly isOpen = false
  readonly maxFrameSize = 1024
  readonly failureDelayMs = 0
  readonly taken: string[] = []
  readonly #waiting: ((verdict: Verdict | Error) => void)[] = []
  wasClosed = false

  take(frame: Buffer): Promise<Verdict> {
    this.taken.push(frame.toString())
    return new Promise((resolve, reject) => {
      this.#waiting.push((verdict) => (verdict instanceof Error ? reject(verdict) : resolve(verdict)))
    })
  }

  decide(verdict: Verdict | Error): void {
    this.#waiting.shift()?.(verdict)
  }

  echo(): void {
    const text = this.taken.at(-1) as string
    this.decide({
      kind: 'answer',
      reply: (writer) => {
        writer.beginFrame()
        writer.raw(Buffer.from(text.toUpperCase()))
        writer.endFrame()
      },
    })
  }

  admit(): 'pass' {
    return 'pass'
  }

  refuseSize(): Verdict {
    return { kind: 'close', why: 'too large' }
  }

  closed(): void {
    this.wasClosed = true
  }
}

t.test('a gate that must wait for somebody lets no other frame in meanwhile', async (t) => {
  const gates: SlowGate[] = []
  const gate = () => {
    const made = new SlowGate()
    gates.push(made)
    return made
  }
  const server = await memoryServer(t, [], { gate })
  const connect = async (...texts: string[]) => {
    const peer = server.connect()
    for (const text of texts)
      peer.send(Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)]))
    await turns(5)
    return { peer, gate: gates.at(-1) as SlowGate }
  }

  const several = await connect('one', 'two')
  t.same(several.gate.taken, ['one'])
  t.equal(several.peer.chunks.length, 0)
  several.gate.echo()
  t.equal((await several.peer.frame()).toString(), 'ONE')
  await turns(5)
  t.same(several.gate.taken, ['one', 'two'])
  several.gate.decide({ kind: 'fail', why: 'nobody we know', reply: undefined })
  t.same(await several.peer.ended(), [])

  const broken = await connect('x')
  broken.gate.decide(new Error('out of order'))
  t.same(await broken.peer.ended(), [])
  t.match(server.log.lines.at(-1), { level: 'info', fields: { error: { message: 'out of order' } } })

  const gone = await connect('x', 'y')
  for (const connection of server.listener.connections) connection.destroy()
  await until(() => gone.gate.wasClosed)
  gone.gate.echo()
  await turns(5)
  t.same(gone.gate.taken, ['x'])

  const half = await connect('x', 'y')
  half.peer.socket.end()
  await turns(5)
  t.same(half.gate.taken, ['x'])
  half.gate.echo()
  await turns(5)
  half.gate.echo()
  t.same((await half.peer.ended()).map(String), ['X', 'Y'])

  const stopped = await connect('x', 'y')
  const stop = server.listener.stop()
  stopped.gate.echo()
  t.same((await stopped.peer.ended()).map(String), ['X'])
  await stop
  t.equal(server.listener.connections.size, 0)
})

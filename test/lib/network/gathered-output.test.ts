import { Writable } from 'node:stream'
import t from 'tap'
import { Loans, ReadBuffers } from '../../../lib/memory/read-buffers.ts'
import { GatheredOutput } from '../../../lib/network/gathered-output.ts'

/** A socket that notes what it is given, and in which order all of them were. */
class Peer extends Writable {
  readonly output: GatheredOutput
  readonly #all: string[]

  constructor(all: string[]) {
    super()
    this.#all = all
    // What a socket can do besides is not asked of it here.
    this.output = new GatheredOutput(this as never)
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#all.push(chunk.toString())
    done()
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#all.push(chunks.map(({ chunk }) => chunk.toString()).join('+'))
    done()
  }

  send(text: string, { more = false, size = text.length, loans = new Loans() } = {}): void {
    this.output.send([Buffer.from(text)], size, more, loans)
  }
}

function peers(count: number): { all: string[]; given: Peer[] } {
  const all: string[] = []
  return { all, given: Array.from({ length: count }, () => new Peer(all)) }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('a few peers get their answers at once', async (t) => {
  const { all, given } = peers(4)
  for (let round = 0; round < 3; round++) for (const [i, peer] of given.entries()) peer.send(`${i}`)
  await turn()
  all.length = 0
  for (const [i, peer] of given.entries()) peer.send(`${i}`)
  t.strictSame(all, ['0', '1', '2', '3'])
})

t.test('those of a crowd leave together, at the end of the turn, or when they are many', async (t) => {
  const { all, given } = peers(100)
  for (const [i, peer] of given.entries()) peer.send(`${i}`)
  t.strictSame(
    all,
    given.slice(0, 64).map((_, i) => `${i}`),
  )
  t.equal(given[99]?.output.unsent, 2)
  given[99]?.send('!')
  t.strictSame(all.slice(64), ['99+!'], 'who has more to say does not wait')
  await turn()
  t.strictSame(
    all.slice(65),
    given.slice(64, 99).map((_, i) => `${64 + i}`),
  )
  t.equal(given[99]?.output.unsent, 0)
})

t.test('what is large, or the last, leaves at once', async (t) => {
  const { all, given } = peers(20)
  for (const peer of given) peer.send('small')
  given[10]?.send('large', { size: 4096 })
  t.strictSame(all, ['small+large'])
  given[11]?.output.end(() => {})
  t.strictSame(all, ['small+large', 'small'])
  await turn()
  t.equal(all.length, 20)
})

t.test('answers that wait for more of the same turn leave as one write, in their order', async (t) => {
  const { all, given } = peers(1)
  given[0]?.send('a', { more: true })
  given[0]?.send('b', { more: true })
  t.strictSame(all, [])
  await Promise.resolve()
  await turn()
  t.strictSame(all, ['a+b'])
})

t.test('what is borrowed is given back when it has left, or when nobody is there any more', async (t) => {
  const pool = new ReadBuffers()
  const borrowed = () => {
    const loans = new Loans()
    loans.borrow(pool, 10)
    return loans
  }
  const { given } = peers(8)
  for (const peer of given) peer.send('x', { loans: borrowed() })
  t.ok(pool.lent > 0)
  given[7]?.output.close()
  await turn()
  await turn()
  t.equal(pool.lent, 0)
})

/*
 * The ceiling: a server that knows no Kafka. It reads frames by their size and answers each with what it was told to:
 * `node bare-server.js ANSWER_BYTES [KEPT_BYTES | fresh]`. Reading goes into memory that is used again: one buffer, which
 * stays in the processor's cache, or as many as hold what came last; or into memory that the system has to clear first.
 * Answers leave in one write a turn.
 */
import { createServer, type Socket, Socket as TcpSocket } from 'node:net'
import { FrameCounter } from './frame-counter.ts'

const READ_BUFFER_BYTES = 1024 * 1024
/** An answer up to here is part of what is gathered, a larger one is written by itself. */
const GATHER_UP_TO = 1024

const answerBytes = Number(process.argv[2])
/** Of this size the C library has each piece come from the system, and go back to it. */
const FRESH_BYTES = 64 * 1024 * 1024

const keeps = process.argv[3] ?? '0'
const isFresh = keeps === 'fresh'
let kept = isFresh ? Buffer.alloc(0) : Buffer.alloc(Math.max(READ_BUFFER_BYTES, Number(keeps)), 1)
let place = 0

function nextPlace(): Buffer {
  if (place + READ_BUFFER_BYTES > kept.length) {
    if (isFresh) kept = Buffer.allocUnsafeSlow(FRESH_BYTES)
    place = 0
  }
  return kept.subarray(place, place + READ_BUFFER_BYTES)
}

const body = Buffer.alloc(answerBytes, 7)
const header = Buffer.alloc(100)

const server = createServer({ pauseOnConnect: true, noDelay: true }, (accepted) => {
  const counter = new FrameCounter()
  // The only way in Node to read a server's socket into memory of one's own.
  const handle = (accepted as unknown as { _handle: unknown })._handle
  const socket: Socket = new TcpSocket({
    handle,
    onread: {
      buffer: nextPlace,
      callback: (length: number, buffer: Uint8Array) => {
        place += length
        answer(socket, counter.take(buffer, length))
        return true
      },
    },
  } as never)
  socket.setNoDelay(true)
  socket.on('error', () => {})
  socket.resume()
})

function answer(socket: Socket, frames: number): void {
  if (frames === 0) return
  if (answerBytes <= GATHER_UP_TO) {
    const all = Buffer.allocUnsafe((answerBytes + 4) * frames)
    for (let i = 0, at = 0; i < frames; i++, at += answerBytes + 4) {
      all.writeInt32BE(answerBytes, at)
      body.copy(all, at + 4)
    }
    socket.write(all)
    return
  }
  socket.cork()
  for (let i = 0; i < frames; i++) {
    const head = Buffer.from(header)
    head.writeInt32BE(header.length - 4 + answerBytes, 0)
    socket.write(head)
    socket.write(body)
  }
  socket.uncork()
}

server.listen(0, '127.0.0.1', () => {
  console.log(`listening on ${(server.address() as { port: number }).port}`)
})
process.stdin.on('end', () => process.exit()).resume()

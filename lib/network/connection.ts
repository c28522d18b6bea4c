import type { Duplex } from 'node:stream'
import { type Frame, frameOf, keptFrame } from '../../protocol/frame.ts'
import type { Writer } from '../../protocol/primitives/writer.ts'
import type { Api } from '../../protocol/schema.ts'
import type { Timer } from '../lab/clock.ts'
import type { LogFields } from '../lab/logger.ts'
import { Loans } from '../memory/read-buffers.ts'
import type { ConnectionSettings } from './connection-settings.ts'
import { type ConnectionEvent, type ConnectionState, nextState, takesRequests } from './connection-state.ts'
import type { Served } from './dispatcher.ts'
import type { Gate, Reply, Verdict } from './gate.ts'
import { GatheredOutput } from './gathered-output.ts'
import { type Answer, NO_RESPONSE } from './handler.ts'
import { Inbox } from './inbox.ts'
import { Muting } from './muting.ts'
import { RecordHolder } from './record-holder.ts'
import { Request } from './request.ts'
import type { Session } from './session.ts'
import { Turn } from './turn.ts'
import { Judgement, type UnderWay } from './under-way.ts'

/** Bytes that may wait for the peer to read them before no further request is handled. */
const UNSENT_LIMIT = 1024 * 1024
/** API key, version and correlation id. */
const SMALLEST_HEADER = 8

type OnClosed = (connection: Connection) => void

/**
 * One peer's connection over any stream. Its requests are handled one at a time (Kafka mutes the channel until the
 * response is queued), so responses leave in the order of the requests. What a turn answers leaves in one write.
 */
export class Connection {
  readonly session: Session
  /** Where the bytes of the peer go. */
  readonly inbox: Inbox
  readonly #socket: Duplex
  readonly #settings: ConnectionSettings
  readonly #output: GatheredOutput
  readonly #records: RecordHolder
  readonly #gate: Gate | undefined
  readonly #muting: Muting
  readonly #onClosed: OnClosed
  #state: ConnectionState = 'open'
  #underWay: UnderWay | undefined
  /** The one whose request is handled, where it has memory of its own. */
  #frame: Buffer | undefined
  /** What became of the request under way, until a turn takes it up. */
  #settled: (() => void) | undefined
  #working = false
  readonly #turn = new Turn()
  /** What the answers borrow that have not been given to the output yet. */
  readonly #leaving = new Loans()
  #ended = false
  /** Runs while the peer waits to hear that it failed to authenticate. */
  #failure: Timer | undefined
  #lastActive: number

  constructor(socket: Duplex, session: Session, settings: ConnectionSettings, onClosed: OnClosed) {
    this.session = session
    this.#socket = socket
    this.#settings = settings
    this.#gate = settings.gate?.(session)
    const maxFrameSize = this.#gate?.maxFrameSize ?? settings.maxRequestSize
    this.inbox = new Inbox(socket, maxFrameSize, {
      memory: () => (this.#gate?.isOpen === false ? undefined : settings.frameMemory),
      isWanted: () => takesRequests(this.#state),
      onReceived: () => this.#received(),
    })
    this.#output = new GatheredOutput(socket)
    this.#muting = new Muting(settings.clock, () => this.#work())
    this.#onClosed = onClosed
    this.#lastActive = settings.clock.monotonic()
    this.#records = new RecordHolder(settings.frameMemory, (mayWait) => {
      return !this.#working && this.#output.unsent === 0 && (mayWait || this.#underWay === undefined)
    })
    socket.on('data', (chunk: Buffer) => this.inbox.received(chunk))
    socket.on('drain', () => this.#work())
    socket.on('end', () => this.#peerEnded())
    socket.on('error', (error) => this.#log('debug', 'the connection broke', { error }))
    socket.on('close', () => this.#gone())
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** When bytes last came or went, on the clock's monotonic scale. */
  get lastActive(): number {
    return this.#lastActive
  }

  /** Bytes held for this connection, both ways. */
  get bufferedBytes(): number {
    return this.inbox.bytes + this.#socket.readableLength + this.#output.unsent
  }

  /** Takes no further request, answers the one under way unless that only waits for something, then closes. */
  stop(): void {
    this.#enter('stopped')
    this.#stopWaiting()
    this.#work()
  }

  /** Closes a connection that has been idle for too long (`connections.max.idle.ms`). */
  expire(): void {
    this.#log('debug', 'closing an idle connection', {})
    this.destroy()
  }

  /** Closes at once; what has not left is lost. */
  destroy(): void {
    this.#socket.destroy()
  }

  #enter(event: ConnectionEvent): void {
    this.#state = nextState(this.#state, event)
  }

  #received(): void {
    this.#lastActive = this.#settings.clock.monotonic()
    this.#turn.begin()
    this.#work()
  }

  /** Answers what has been settled and what has arrived, up to what must be waited for or is enough for this turn. */
  #work(): void {
    if (!this.#working && !this.#turn.isAhead) {
      const { writer } = this.#settings
      if (writer.length > 0) {
        // What a handler does has led here, amid the turn of another connection, whose answers the writer holds.
        this.#turn.later(() => this.#work())
      } else {
        this.#working = true
        this.#takeUpAnswer()
        this.#takeFrames(writer)
        this.#flush(writer)
        this.#working = false
        this.#records.rest()
        if (!this.inbox.isEmpty && this.#isReady()) this.#turn.later(() => this.#work())
        this.#endIfDone()
      }
    }
    this.inbox.brake()
  }

  #isReady(): boolean {
    if (this.#underWay !== undefined || this.#muting.isOn) return false
    return takesRequests(this.#state) && this.#output.unsent <= UNSENT_LIMIT
  }

  #takeUpAnswer(): void {
    const settled = this.#settled
    if (settled === undefined) return
    this.#settled = undefined
    this.#underWay = undefined
    settled()
  }

  #takeFrames(writer: Writer): void {
    if (!this.#isReady()) return
    while (!this.#turn.isOver && writer.length <= UNSENT_LIMIT) {
      const frame = this.#nextFrame()
      if (frame === undefined) return
      this.#turn.take(frame.end - frame.start)
      this.#frame = frame.isLent ? undefined : frame.buffer
      const gate = this.#gate
      if (gate === undefined || gate.isOpen) this.#serve(frame, gate)
      else this.#ask(gate, keptFrame(frame))
      if (this.#underWay === undefined) this.#records.handled(this.#frame)
      if (this.#underWay !== undefined || this.#muting.isOn || !takesRequests(this.#state)) return
    }
  }

  #nextFrame(): Frame | undefined {
    try {
      return this.inbox.next()
    } catch (error) {
      const gate = this.#gate
      if (gate !== undefined && !gate.isOpen) this.#obey(gate.refuseSize(), gate)
      else this.#refuse('not a request', { error })
      return undefined
    }
  }

  #serve(frame: Frame, gate: Gate | undefined): void {
    const { dispatcher, reader, intercept } = this.#settings
    const { start, end } = frame
    const size = end - start
    if (size < SMALLEST_HEADER) {
      this.#refuse('a request without a header', { size })
      return
    }
    reader.open(frame.buffer, start, end)
    const apiKey = reader.view.getInt16(start)
    const apiVersion = reader.view.getInt16(start + 2)
    const served = dispatcher.find(apiKey, apiVersion)
    if (served === undefined) {
      this.#refuse('an API that is not served in this version', { apiKey, apiVersion })
      return
    }
    if (frame.isLent && (!served.isReadInPlace || intercept !== undefined)) {
      reader.open(keptFrame(frame), 0, size)
    }
    let context: Request
    let request: unknown
    try {
      const { correlationId, clientId } = served.requestHeader.decode(reader)
      if (gate !== undefined) {
        const admission = gate.admit(apiKey)
        if (admission === 'take') {
          this.#ask(gate, keptFrame(frame))
          return
        }
        if (admission === 'kill') {
          this.#refuse('its session has expired', { api: served.api.name })
          return
        }
      }
      this.#records.serves(apiKey)
      context = new Request(this.session, apiVersion, clientId, correlationId, size)
      request = served.request.decode(reader)
    } catch (error) {
      this.#refuse('a request that cannot be read', { api: served.api.name, apiVersion, error })
      return
    }
    try {
      const answer = intercept
        ? intercept(served, request, context)
        : served.handle(request as never, context)
      if (answer instanceof Promise) this.#awaitAnswer(answer, served, context)
      else this.#answer(answer, served, context)
    } catch (error) {
      this.#fail(error, served, context)
    }
  }

  /** A function by itself: within `serve` these two would be made ready for every request. */
  #awaitAnswer(answer: Promise<Answer<Api>>, served: Served, context: Request): void {
    const failed = (error: unknown) => this.#fail(error, served, context)
    this.#await(answer, context, (settled) => this.#answer(settled, served, context), failed)
  }

  #ask(gate: Gate, frame: Buffer): void {
    const verdict = gate.take(frame)
    if (verdict instanceof Promise) {
      const broken = (error: unknown) => this.#refuse('its authentication broke', { error })
      this.#await(verdict, new Judgement(), (settled) => this.#obey(settled, gate), broken)
    } else this.#obey(verdict, gate)
  }

  #obey(verdict: Verdict, gate: Gate): void {
    this.inbox.maxFrameSize = gate.maxFrameSize
    switch (verdict.kind) {
      case 'answer':
        verdict.reply(this.#settings.writer)
        return
      case 'serve':
        this.#serve(frameOf(verdict.frame), undefined)
        return
      case 'close':
        this.#refuse(verdict.why, verdict.error === undefined ? {} : { error: verdict.error })
        return
      case 'fail':
        this.#failLater(verdict.why, verdict.reply, gate.failureDelayMs)
    }
  }

  #failLater(why: string, reply: Reply | undefined, delayMs: number): void {
    const { clock, writer } = this.#settings
    this.#log('info', `closing the connection: ${why}`, { delayMs })
    this.#enter('unauthenticated')
    const end = () => {
      reply?.(writer)
      this.#enter('finished')
    }
    if (delayMs <= 0) {
      end()
      return
    }
    this.#failure = clock.setTimer(delayMs, () => {
      this.#failure = undefined
      this.#settled = end
      this.#work()
    })
  }

  #await<T>(work: Promise<T>, underWay: UnderWay, take: (value: T) => void, fail: (error: unknown) => void) {
    this.#underWay = underWay
    const frame = this.#frame
    const settle = (settled: () => void) => {
      this.#records.handled(frame)
      // Otherwise the connection has gone meanwhile, and nobody wants to know.
      if (this.#underWay !== underWay) {
        underWay.dropped()
        return
      }
      this.#settled = settled
      this.#work()
    }
    work.then(
      (value) => settle(() => take(value)),
      (error) => settle(() => fail(error)),
    )
  }

  #answer(response: Answer<Api>, served: Served, context: Request): void {
    // One that goes anyway is not kept for a quota's sake.
    if (context.throttleTimeMs > 0 && this.#state === 'open') this.#muting.begin(context.throttleTimeMs)
    if (response === NO_RESPONSE) return
    const { writer } = this.#settings
    writer.beginFrame()
    try {
      served.responseHeader.encode(writer, context)
      served.response.encode(writer, response)
      writer.endFrame()
      context.answered(this.#leaving)
    } catch (error) {
      writer.abandonFrame()
      this.#fail(error, served, context)
    }
  }

  #flush(writer: Writer): void {
    if (writer.length === 0) return
    const bytes = writer.length
    const slices = writer.take()
    if (this.#state === 'closed' || this.#ended) return
    this.#lastActive = this.#settings.clock.monotonic()
    this.#output.send(slices, bytes, this.#underWay !== undefined, this.#leaving)
  }

  #peerEnded(): void {
    this.#enter('peerEnded')
    this.#stopWaiting()
    this.#work()
  }

  /** Lets go of a request whose handler waits for something: nobody will read the answer. */
  #stopWaiting(): void {
    this.#muting.end()
    const underWay = this.#underWay
    if (underWay === undefined) return
    underWay.abandon(
      () => {
        if (this.#underWay !== underWay) return
        this.#underWay = undefined
        this.#settled = undefined
        this.#work()
      },
      (error) => this.#log('error', 'a callback of onClose threw', { error }),
    )
  }

  #refuse(why: string, fields: LogFields): void {
    this.#log('info', `closing the connection: ${why}`, fields)
    this.#enter('refused')
  }

  #fail(error: unknown, { api }: Served, context: Request): void {
    context.dropped()
    const { apiVersion, correlationId } = context
    const fields = { api: api.name, apiVersion, correlationId, error }
    this.#log('error', 'closing the connection: a handler failed', fields)
    this.#enter('refused')
  }

  #endIfDone(): void {
    const idle = this.#underWay === undefined && !this.#turn.isAhead
    if (this.#state === 'stopping' ? idle : this.#state === 'draining' && idle && this.inbox.isEmpty) {
      this.#enter('finished')
    }
    if (this.#state !== 'ending' || this.#ended) return
    this.#ended = true
    this.#failure?.cancel()
    this.inbox.clear()
    // What still comes is read and dropped: closing a socket with unread bytes would take back what we have sent.
    this.#output.end(() => this.#socket.destroy())
  }

  #gone(): void {
    this.#enter('gone')
    this.#stopWaiting()
    this.#failure?.cancel()
    this.#gate?.closed()
    this.#records.close()
    this.#leaving.end()
    this.#output.close()
    this.#underWay = undefined
    this.#settled = undefined
    this.inbox.close()
    this.session.closed()
    this.#onClosed(this)
  }

  #log(level: 'debug' | 'info' | 'error', message: string, fields: LogFields): void {
    const { connectionId, listenerName } = this.session
    this.#settings.logger[level](message, { listener: listenerName, connection: connectionId, ...fields })
  }
}

import fc from 'fast-check'
import t from 'tap'
import type { ProducerIdAndEpoch } from '../../../lib/transactions/init-producer-id.ts'
import { ErrorCode, errorName } from '../../../protocol/errors.ts'
import { TransactionRig } from '../../helpers/transactions/transaction-rig.ts'

/*
 * Producers of both protocols write to two partitions and commit offsets in transactions that they commit, abort, leave
 * open or do not hear the end of, while new producers take their ids over, time goes by, brokers stop and start and
 * coordinators move. At any time: of a transaction in a partition, read_committed sees all or nothing, nothing before it
 * is decided, nothing of an aborted one, what one id wrote in the order in which it wrote it; the LSO passes no open one; the
 * epochs that an id is given only rise. When all is quiet: the same over all partitions and the offsets, and everything
 * can be read.
 */

const SCHEDULES = 2000
const TIMEOUT_MS = 20_000
const IDS = ['a', 'b', 'c']
const PARTITIONS = 2

type Step =
  | { readonly kind: 'send'; readonly id: number; readonly partition: number }
  | { readonly kind: 'offset' | 'takeOver' | 'resume'; readonly id: number }
  | { readonly kind: 'end'; readonly id: number; readonly committed: boolean; readonly isHeard: boolean }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'stop' | 'start'; readonly nodeId: number }
  | { readonly kind: 'move'; readonly topic: string }

const id = fc.nat(IDS.length - 1)
const nodeId = fc.integer({ min: 1, max: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('send' as const), id, partition: fc.nat(PARTITIONS - 1) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('offset' as const), id }) },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      id,
      committed: fc.boolean(),
      isHeard: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('takeOver' as const, 'resume' as const), id }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 9_000, 40_000) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('stop' as const, 'start' as const), nodeId }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('move' as const),
      topic: fc.constantFrom('__transaction_state', '__consumer_offsets'),
    }),
  },
)

type Outcome = 'open' | 'committed' | 'aborted' | 'unknown'

interface Written {
  readonly value: string
  readonly offset: number
}

class Transaction {
  outcome: Outcome = 'open'
  /** By partition. */
  readonly written: Written[][] = Array.from({ length: PARTITIONS }, () => [])
  offset: number | undefined
}

/** One transactional id with the producer that has it now. */
class Writer {
  readonly id: string
  /** 2: partitions are added implicitly, and each end raises the epoch (KIP-890). */
  readonly version: 0 | 2
  readonly transactions: Transaction[] = []
  producer: ProducerIdAndEpoch | undefined
  sequences: number[] = []
  current: Transaction | undefined
  /** The last epoch that was given, by producer id. */
  readonly #epochs = new Map<number, number>()

  constructor(transactionalId: string, version: 0 | 2) {
    this.id = transactionalId
    this.version = version
  }

  begin({ producerId, producerEpoch }: ProducerIdAndEpoch): void {
    const last = this.#epochs.get(producerId) ?? -1
    if (producerEpoch <= last) throw new Error(`${this.id} is given epoch ${producerEpoch} after ${last}`)
    this.#epochs.set(producerId, producerEpoch)
    this.producer = { producerId, producerEpoch }
    this.sequences = Array.from({ length: PARTITIONS }, () => 0)
  }

  open(): Transaction {
    if (this.current === undefined) {
      this.current = new Transaction()
      this.transactions.push(this.current)
    }
    return this.current
  }

  /** What the transaction came to is known, or that nobody will tell. */
  finish(outcome: Outcome): void {
    if (this.current) this.current.outcome = outcome
    this.current = undefined
  }
}

const FENCED = new Set<ErrorCode>([
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
])

class World {
  readonly rig = new TransactionRig({ brokers: 2 })
  readonly writers: Writer[]
  #values = 0
  #offsets = 0

  constructor() {
    this.rig.createTopic('input', [1, 2])
    // Each lies on one broker only, so that markers have to wait while it is down.
    this.rig.createTopic('data', [1], [2])
    this.writers = IDS.map((transactionalId, index) => new Writer(transactionalId, index === 2 ? 0 : 2))
  }

  run(each: Step): void {
    const { rig } = this
    switch (each.kind) {
      case 'send':
        this.send(this.writers[each.id] as Writer, each.partition)
        break
      case 'offset':
        this.commitOffset(this.writers[each.id] as Writer)
        break
      case 'end':
        this.end(this.writers[each.id] as Writer, each.committed, each.isHeard)
        break
      case 'takeOver':
        this.init(this.writers[each.id] as Writer)
        break
      case 'resume':
        this.init(this.writers[each.id] as Writer, this.writers[each.id]?.producer)
        break
      case 'pass':
        rig.clock.advance(each.ms)
        break
      case 'start':
        if (!rig.metadata.image.isActive(each.nodeId)) rig.startBroker(each.nodeId)
        break
      case 'stop':
        if (rig.metadata.image.isActive(each.nodeId)) rig.stopBroker(each.nodeId)
        break
      case 'move': {
        const { isr, leader } = rig.state(each.topic)
        const other = isr.find((replica) => replica !== leader && rig.metadata.image.isActive(replica))
        if (leader >= 0 && other !== undefined) rig.controller.moveLeader(each.topic, 0, other)
      }
    }
  }

  init(writer: Writer, expected?: ProducerIdAndEpoch): boolean {
    const result = this.rig.init(writer.id, expected, TIMEOUT_MS)
    const isFenced = FENCED.has(result.errorCode)
    // Whoever begins anew, or has to, does not know what became of its transaction: it was not committed by it.
    if (
      result.errorCode === ErrorCode.NONE ||
      result.errorCode === ErrorCode.CONCURRENT_TRANSACTIONS ||
      isFenced
    ) {
      writer.finish('unknown')
      writer.producer = undefined
    }
    if (result.errorCode !== ErrorCode.NONE) return false
    writer.begin(result)
    return true
  }

  send(writer: Writer, partition: number): void {
    const { rig } = this
    if (writer.producer === undefined && !this.init(writer)) return
    const producer = writer.producer as ProducerIdAndEpoch
    const value = String(this.#values++)
    const offset = rig.log('data', partition).logEndOffset
    const error =
      (writer.version === 0 && rig.add(writer.id, producer, 'data', partition)) ||
      rig.produce(
        writer.id,
        producer,
        { topic: 'data', partition, sequence: writer.sequences[partition] as number, value },
        writer.version,
      )
    if (error === ErrorCode.NONE) {
      const transaction = writer.open()
      writer.sequences[partition] = (writer.sequences[partition] as number) + 1
      transaction.written[partition]?.push({ value, offset })
    } else this.#refused(writer, error, 'send')
  }

  commitOffset(writer: Writer): void {
    if (writer.version === 0) return
    if (writer.producer === undefined && !this.init(writer)) return
    const offset = this.#offsets++
    const error = this.rig.commitOffset(writer.id, writer.producer as ProducerIdAndEpoch, offset)
    if (error === ErrorCode.NONE) writer.open().offset = offset
    else this.#refused(writer, error, 'commit an offset')
  }

  end(writer: Writer, committed: boolean, isHeard: boolean): void {
    const { producer, current } = writer
    if (producer === undefined || current === undefined) return
    const ended = this.rig.end(writer.id, producer, committed, writer.version)
    if (ended.errorCode !== ErrorCode.NONE) {
      // Its time was up: the coordinator has aborted it, and raised the epoch by that.
      const isAborted = ended.errorCode === ErrorCode.INVALID_TXN_STATE && committed
      this.#refused(writer, isAborted ? ErrorCode.PRODUCER_FENCED : ended.errorCode, 'end')
      return
    }
    if (isHeard) {
      writer.finish(committed ? 'committed' : 'aborted')
      if (writer.version === 2) writer.begin(ended)
      return
    }
    // It asks again, and must be told the same; or it gives up.
    const again = this.rig.end(writer.id, producer, committed, writer.version)
    const isSame = again.errorCode === ErrorCode.NONE || again.errorCode === ErrorCode.CONCURRENT_TRANSACTIONS
    if (!isSame) throw new Error(`the end was repeated: ${errorName(again.errorCode)}`)
    writer.finish(committed ? 'committed' : 'aborted')
    writer.producer = undefined
  }

  #refused(writer: Writer, error: ErrorCode, what: string): void {
    if (FENCED.has(error)) {
      writer.finish('aborted')
      writer.producer = undefined
      return
    }
    const isRetriable = RETRIABLE.has(error)
    if (!isRetriable) throw new Error(`${writer.id} may not ${what}: ${errorName(error)}`)
  }

  /** What must hold at any time. */
  check(): void {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const seen = this.rig.readCommitted('data', partition)
      const visible = new Set(seen)
      if (visible.size !== seen.length) throw new Error(`twice: ${seen}`)
      const { lastStableOffset } = this.rig.log('data', partition)
      for (const { id: transactionalId, transactions } of this.writers) {
        // Values are numbers that rise.
        const sent = new Set(
          transactions.flatMap(({ written }) => written[partition]?.map(({ value }) => value)),
        )
        const read = seen.filter((value) => sent.has(value)).map(Number)
        if (read.some((value, i) => value < (read[i - 1] ?? 0)))
          throw new Error(`${transactionalId} in ${partition}, out of order: ${read}`)
        for (const { outcome, written } of transactions) {
          const own = written[partition] as Written[]
          const where = `${transactionalId} in ${partition}`
          // What lies behind an open transaction of another has to wait.
          const decided = own.filter(({ offset }) => offset < lastStableOffset)
          const count = own.filter(({ value }) => visible.has(value)).length
          if (count !== 0 && count !== decided.length) {
            throw new Error(`${where}: ${count} of ${decided.length} can be read`)
          }
          const mayBeSeen = outcome === 'committed' || outcome === 'unknown'
          if (count > 0 && !mayBeSeen) throw new Error(`${where}: ${outcome}, and can be read`)
          // Its time may be up without its having heard of it.
          if (outcome === 'open' && decided.length > 0 && !this.#isEnded(transactionalId)) {
            throw new Error(`${where}: the LSO ${lastStableOffset} has passed it`)
          }
        }
      }
    }
  }

  #isEnded(transactionalId: string): boolean {
    const state = this.rig.transactions.shardFor(transactionalId)?.transactions.get(transactionalId)?.state
    return state !== 'Ongoing'
  }

  /** Everything is up, and no producer is there any more. */
  settle(): void {
    const { rig } = this
    for (const each of [1, 2]) if (!rig.metadata.image.isActive(each)) rig.startBroker(each)
    rig.clock.advance(TIMEOUT_MS + 20_000)
    for (const writer of this.writers) if (writer.current) writer.finish('aborted')
    this.check()
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const { lastStableOffset, logEndOffset } = rig.log('data', partition)
      if (lastStableOffset !== logEndOffset)
        throw new Error(`the LSO stays at ${lastStableOffset} of ${logEndOffset}`)
    }
    for (const writer of this.writers) this.#checkWhole(writer)
  }

  #checkWhole({ id: transactionalId, transactions }: Writer): void {
    const visible = Array.from({ length: PARTITIONS }, (_, partition) =>
      this.rig.readCommitted('data', partition),
    )
    let offset: number | undefined
    for (const { outcome, written, offset: own } of transactions) {
      const used = written.flatMap((each, partition) =>
        each[0] ? [{ partition, value: each[0].value }] : [],
      )
      const seen = used.filter(({ partition, value }) => visible[partition]?.includes(value))
      if (outcome === 'committed' && seen.length < used.length) throw new Error(`${transactionalId}: lost`)
      if (seen.length !== 0 && seen.length !== used.length) {
        throw new Error(`${transactionalId}: in ${seen.length} of ${used.length} partitions`)
      }
      // What nobody ended was aborted.
      if (outcome === 'committed' && own !== undefined) offset = own
    }
    const committed = this.rig.committedOffset(transactionalId)
    if (committed !== offset) throw new Error(`${transactionalId}: offset ${committed} instead of ${offset}`)
  }
}

const RETRIABLE = new Set<ErrorCode>([
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
])

t.test('read_committed sees all of a transaction or nothing', async (t) => {
  const schedule = fc.array(step, { minLength: 10, maxLength: 45 })
  let lengths = 0
  fc.assert(
    fc.property(schedule, (steps) => {
      const world = new World()
      try {
        for (const each of steps) {
          world.run(each)
          world.check()
        }
        world.settle()
        lengths += steps.length
      } finally {
        world.rig.close()
      }
    }),
    { numRuns: SCHEDULES },
  )
  t.comment(`${SCHEDULES} schedules, ${lengths} steps`)
  t.ok(lengths > SCHEDULES)
})

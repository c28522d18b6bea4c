import { ErrorCode } from '../../protocol/errors.ts'
import {
  baseOffset,
  baseSequence,
  isControlBatch,
  isTransactional,
  lastOffset,
  lastSequence,
  maxTimestamp,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  producerEpoch,
  producerId,
} from '../../protocol/records/batch.ts'
import type { EndTxnMarker } from '../../protocol/records/control.ts'
import { type BatchMetadata, ProducerEntry, type ProducerRow } from './producer-entry.ts'
import { type AbortedEntry, type AbortedTransaction, TransactionIndex } from './transaction-index.ts'
import { VerificationStates } from './verification-states.ts'

/** Who appends: a client's batches are held against their sequence numbers, a coordinator's have none. */
export type AppendOrigin = 'client' | 'coordinator'

/** From this `transaction.version` on the epoch rises with each transaction, and with its marker already (KIP-890). */
const EPOCH_BUMP_VERSION = 2

/** Kafka's `producer.id.expiration.check.interval.ms`. */
const EXPIRATION_CHECK_INTERVAL_MS = 600_000

/** What is known last of a producer; the offset is -1 where that is a marker. */
export interface LastRecord {
  readonly lastDataOffset: number
  readonly producerEpoch: number
}

interface OpenTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** Where its marker stands; undefined while it is open. */
  lastOffset?: number
}

/**
 * The producers of one partition: what of theirs came last, which transactions are open, which were aborted (Kafka's
 * ProducerStateManager and ProducerAppendInfo).
 */
export class ProducerState {
  readonly #entries = new Map<number, ProducerEntry>()
  /** Transactions with no marker below the high watermark, in the order in which they began. */
  readonly #unstable: OpenTransaction[] = []
  readonly #aborted = new TransactionIndex()
  readonly verifications = new VerificationStates()
  readonly #createdAt: number
  #checkedAt: number

  constructor(now: number) {
    this.#createdAt = now
    this.#checkedAt = now
  }

  /**
   * Forgets producers whose last batch is older than `expirationMs`. Kafka looks every ten minutes, so an entry may
   * live longer than that, and does here too: a batch with an old timestamp of its own must not lose its state at once.
   */
  expire(now: number, expirationMs: number): void {
    const checks = Math.floor((now - this.#createdAt) / EXPIRATION_CHECK_INTERVAL_MS)
    const latestCheck = this.#createdAt + checks * EXPIRATION_CHECK_INTERVAL_MS
    if (latestCheck <= this.#checkedAt) return
    this.#checkedAt = latestCheck
    for (const [id, entry] of this.#entries) {
      if (!entry.hasOpenTransaction && latestCheck - entry.lastTimestamp >= expirationMs)
        this.#entries.delete(id)
    }
    this.verifications.expire(latestCheck - expirationMs)
  }

  /** There is nothing to remember. */
  get isEmpty(): boolean {
    return this.#entries.size === 0 && this.#aborted.isEmpty
  }

  /** What is to be kept of the producers. */
  rows(): ProducerRow[] {
    return [...this.#entries.values()].flatMap((entry) => entry.rows())
  }

  /** Takes over what was kept; the log goes on where it was kept. */
  restore(rows: readonly ProducerRow[]): void {
    for (const row of rows) this.#entryOf(row.producerId).restore(row)
    for (const {
      producerId: id,
      currentTxnFirstOffset: firstOffset,
      hasOpenTransaction,
    } of this.#entries.values()) {
      if (hasOpenTransaction) this.#unstable.push({ producerId: id, firstOffset })
    }
    this.#unstable.sort((a, b) => a.firstOffset - b.firstOffset)
  }

  #entryOf(id: number): ProducerEntry {
    let entry = this.#entries.get(id)
    if (entry === undefined) {
      entry = new ProducerEntry(id)
      this.#entries.set(id, entry)
    }
    return entry
  }

  entries(): IterableIterator<ProducerEntry> {
    return this.#entries.values()
  }

  get(id: number): ProducerEntry | undefined {
    return this.#entries.get(id)
  }

  /** The batch that this one repeats, if it is among the producer's last five. */
  duplicateOf(batch: Buffer): BatchMetadata | undefined {
    const entry = this.#entries.get(producerId(batch, 0))
    return entry?.duplicateOf(producerEpoch(batch, 0), baseSequence(batch, 0), lastSequence(batch, 0))
  }

  /**
   * May the batch be appended? It has a producer id and is no duplicate. `marker` is what a control batch says, and
   * `transactionVersion` the version of the protocol that its transaction is made in (KIP-890).
   */
  check(
    batch: Buffer,
    origin: AppendOrigin,
    marker: EndTxnMarker | null,
    transactionVersion: number,
  ): ErrorCode {
    const id = producerId(batch, 0)
    const entry = this.#entries.get(id)
    const epoch = producerEpoch(batch, 0)
    if (entry !== undefined && epoch < entry.producerEpoch) return ErrorCode.INVALID_PRODUCER_EPOCH
    const isFirst = entry === undefined || entry.lastSequence === NO_SEQUENCE
    if (origin === 'client' && this.verifications.isLate(id, baseSequence(batch, 0), isFirst)) {
      return ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    }
    if (entry === undefined) return ErrorCode.NONE
    if (marker !== null) {
      const bumpsEpoch = transactionVersion >= EPOCH_BUMP_VERSION
      if (bumpsEpoch && epoch === entry.producerEpoch && !entry.isRepeatedMarker) {
        return ErrorCode.INVALID_PRODUCER_EPOCH
      }
      return marker.coordinatorEpoch < entry.coordinatorEpoch
        ? ErrorCode.TRANSACTION_COORDINATOR_FENCED
        : ErrorCode.NONE
    }
    if (origin === 'client') {
      const sequence = baseSequence(batch, 0)
      const isInOrder = epoch === entry.producerEpoch ? entry.isNext(sequence) : sequence === 0
      // Nothing is known of an entry that no batch has made: any sequence may begin (KIP-360).
      if (!isInOrder && entry.producerEpoch !== NO_PRODUCER_EPOCH)
        return ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    }
    if (entry.hasOpenTransaction && !isTransactional(batch, 0)) return ErrorCode.INVALID_TXN_STATE
    return ErrorCode.NONE
  }

  /** Takes note of a batch that was appended; `marker` is what it says when it is a control batch. */
  update(batch: Buffer, marker: EndTxnMarker | null): void {
    const id = producerId(batch, 0)
    if (id === NO_PRODUCER_ID) return
    if (isControlBatch(batch, 0) && marker === null) return
    this.verifications.onAppend(batch)
    const entry = this.#entryOf(id)
    const epoch = producerEpoch(batch, 0)
    const firstOffset = baseOffset(batch, 0)
    if (marker !== null) {
      this.#complete(entry, firstOffset, marker)
      entry.endTransaction(epoch, marker.coordinatorEpoch, maxTimestamp(batch, 0))
      return
    }
    entry.addBatch(epoch, {
      firstSequence: baseSequence(batch, 0),
      lastSequence: lastSequence(batch, 0),
      firstOffset,
      lastOffset: lastOffset(batch, 0),
      timestamp: maxTimestamp(batch, 0),
    })
    if (isTransactional(batch, 0) && !entry.hasOpenTransaction) {
      entry.currentTxnFirstOffset = firstOffset
      this.#unstable.push({ producerId: id, firstOffset })
    }
  }

  #complete(entry: ProducerEntry, markerOffset: number, marker: EndTxnMarker): void {
    if (!entry.hasOpenTransaction) return
    const firstOffset = entry.currentTxnFirstOffset
    const transaction = this.#unstable.find((open) => open.firstOffset === firstOffset)
    if (transaction !== undefined) transaction.lastOffset = markerOffset
    if (marker.type !== 'ABORT') return
    const nextOpen = this.#unstable.find((open) => open.lastOffset === undefined)
    this.#aborted.append({
      producerId: entry.producerId,
      firstOffset,
      lastOffset: markerOffset,
      lastStableOffset: nextOpen?.firstOffset ?? markerOffset + 1,
    })
  }

  /** Transactions whose end every replica has are stable. */
  onHighWatermark(highWatermark: number): void {
    let index = 0
    while (index < this.#unstable.length) {
      const { lastOffset: end } = this.#unstable[index]!
      if (end !== undefined && end < highWatermark) this.#unstable.splice(index, 1)
      else index++
    }
  }

  /** Where the first transaction begins whose outcome is not known everywhere; undefined where there is none. */
  firstUnstableOffset(): number | undefined {
    return this.#unstable[0]?.firstOffset
  }

  /** The aborted transactions that have records between the two offsets, the upper one excluded. */
  abortedBetween(fetchOffset: number, upperBound: number): AbortedTransaction[] {
    return this.#aborted.between(fetchOffset, upperBound)
  }

  /** Of each producer, what compaction must leave (UnifiedLog.lastRecordsOfActiveProducers). */
  lastRecords(): Map<number, LastRecord> {
    return new Map(
      [...this.#entries.values()].map(({ producerId: id, lastDataOffset, producerEpoch: epoch }) => {
        return [id, { lastDataOffset, producerEpoch: epoch }]
      }),
    )
  }

  /** The aborted transactions with records or a marker at or after `from` and before `to`. */
  abortedOverlapping(from: number, to: number): AbortedEntry[] {
    return this.#aborted.overlapping(from, to)
  }

  /** The aborted transactions whose markers lie at or after `from` and before `to`. */
  abortedEndingBetween(from: number, to: number): AbortedEntry[] {
    return this.#aborted.endingBetween(from, to)
  }

  /** Takes over aborted transactions that were kept; their markers lie behind those that are known. */
  restoreAborted(entries: readonly AbortedEntry[]): void {
    for (const entry of entries) this.#aborted.append(entry)
  }

  /** What compaction left of the aborted transactions whose markers lie in that range. */
  replaceAborted(from: number, to: number, kept: readonly AbortedEntry[]): void {
    this.#aborted.replace(from, to, kept)
  }

  onLogStartOffset(logStartOffset: number): void {
    this.#aborted.dropBefore(logStartOffset)
  }
}

import {
  decrementSequence,
  incrementSequence,
  NO_PRODUCER_EPOCH,
  NO_SEQUENCE,
  NO_TIMESTAMP,
} from '../../protocol/records/batch.ts'

/** How many batches a producer may have in flight and still be told of a duplicate (ProducerStateEntry). */
const BATCHES_TO_RETAIN = 5
const NO_OFFSET = -1
const LARGEST_EPOCH = 32_767

/** What is remembered of a batch to answer a second copy of it. */
export interface BatchMetadata {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly timestamp: number
}

/** A producer with one of its batches, as it is kept in a file; -1 for what is not known. */
export interface ProducerRow {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly lastOffset: number
  /** From the first offset of the batch to its last. */
  readonly offsetDelta: number
  readonly timestamp: number
  readonly coordinatorEpoch: number
  readonly currentTxnFirstOffset: number
}

/** One producer id as one partition knows it. */
export class ProducerEntry {
  readonly producerId: number
  producerEpoch = NO_PRODUCER_EPOCH
  coordinatorEpoch = -1
  /** Of the last batch or marker, ms; its age is what the entry expires by. */
  lastTimestamp = NO_TIMESTAMP
  /** -1 while no transaction of this producer is open here. */
  currentTxnFirstOffset = NO_OFFSET
  #batches: BatchMetadata[] = []

  constructor(producerId: number) {
    this.producerId = producerId
  }

  get lastSequence(): number {
    return this.#batches.at(-1)?.lastSequence ?? NO_SEQUENCE
  }

  /** Of the last batch; -1 where a marker is all that is known. */
  get lastDataOffset(): number {
    return this.#batches.at(-1)?.lastOffset ?? NO_OFFSET
  }

  get hasOpenTransaction(): boolean {
    return this.currentTxnFirstOffset !== NO_OFFSET
  }

  /** Whether a marker of this very epoch says what another has said: the transaction has ended, or no epoch is left. */
  get isRepeatedMarker(): boolean {
    return !this.hasOpenTransaction || this.producerEpoch === LARGEST_EPOCH
  }

  /** The batch among the last five with these very sequence numbers. */
  duplicateOf(producerEpoch: number, firstSequence: number, lastSequence: number): BatchMetadata | undefined {
    if (producerEpoch !== this.producerEpoch) return undefined
    for (const batch of this.#batches) {
      if (batch.firstSequence === firstSequence && batch.lastSequence === lastSequence) return batch
    }
    return undefined
  }

  addBatch(producerEpoch: number, batch: BatchMetadata): void {
    this.#moveTo(producerEpoch)
    if (this.#batches.length === BATCHES_TO_RETAIN) this.#batches.shift()
    this.#batches.push(batch)
    this.lastTimestamp = batch.timestamp
  }

  endTransaction(producerEpoch: number, coordinatorEpoch: number, timestamp: number): void {
    this.#moveTo(producerEpoch)
    this.coordinatorEpoch = coordinatorEpoch
    this.lastTimestamp = timestamp
    this.currentTxnFirstOffset = NO_OFFSET
  }

  /** Does `sequence` follow what was written last in this epoch? */
  isNext(sequence: number): boolean {
    return sequence === incrementSequence(this.lastSequence, 1)
  }

  /** A row for each batch, the last one last and with all that is known; one without a batch where there is none. */
  rows(): ProducerRow[] {
    const { producerId, producerEpoch, coordinatorEpoch, currentTxnFirstOffset, lastTimestamp } = this
    const rows: ProducerRow[] = this.#batches.map(({ lastSequence, firstOffset, lastOffset, timestamp }) => ({
      producerId,
      producerEpoch,
      lastSequence,
      lastOffset,
      offsetDelta: lastOffset - firstOffset,
      timestamp,
      coordinatorEpoch,
      currentTxnFirstOffset: NO_OFFSET,
    }))
    const last = rows.pop() ?? {
      producerId,
      producerEpoch,
      lastSequence: NO_SEQUENCE,
      lastOffset: NO_OFFSET,
      offsetDelta: 0,
      coordinatorEpoch,
    }
    return [...rows, { ...last, timestamp: lastTimestamp, currentTxnFirstOffset }]
  }

  /** Takes over what a row says; a later row of the same producer comes on top. */
  restore(row: ProducerRow): void {
    this.#moveTo(row.producerEpoch)
    if (row.lastOffset >= 0) {
      const { lastSequence, lastOffset, offsetDelta, timestamp } = row
      const firstSequence = decrementSequence(lastSequence, offsetDelta)
      const firstOffset = lastOffset - offsetDelta
      this.addBatch(row.producerEpoch, { firstSequence, lastSequence, firstOffset, lastOffset, timestamp })
    }
    this.lastTimestamp = row.timestamp
    this.coordinatorEpoch = row.coordinatorEpoch
    this.currentTxnFirstOffset = row.currentTxnFirstOffset
  }

  #moveTo(producerEpoch: number): void {
    if (this.producerEpoch === producerEpoch) return
    this.#batches = []
    this.producerEpoch = producerEpoch
  }
}

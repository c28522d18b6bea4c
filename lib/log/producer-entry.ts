import {
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

  #moveTo(producerEpoch: number): void {
    if (this.producerEpoch === producerEpoch) return
    this.#batches = []
    this.producerEpoch = producerEpoch
  }
}

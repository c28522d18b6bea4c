import {
  isControlBatch,
  isTransactional,
  lastOffset,
  producerId,
  recordCount,
} from '../../../protocol/records/batch.ts'
import { controlRecordName } from '../../../protocol/records/control.ts'
import { decodeRecords } from '../../../protocol/records/decode-batch.ts'
import { MAX_DECOMPRESSED_BATCH_BYTES } from '../log-config.ts'
import type { AbortedEntry } from '../transaction-index.ts'

interface Ongoing {
  readonly entry: AbortedEntry
  hasBatches: boolean
}

/**
 * Walks along with a round of cleaning, batch by batch, and knows of each which transaction it belongs to: records of
 * aborted ones can go at once, markers only when no batch of their transaction is left (Kafka's
 * CleanedTransactionMetadata).
 */
export class CleanedTransactions {
  /** Aborted transactions that still have batches: what the index must go on telling. */
  readonly kept: AbortedEntry[] = []
  readonly #committed = new Set<number>()
  readonly #aborted = new Map<number, Ongoing>()
  #waiting: AbortedEntry[] = []

  /** Those with records or a marker in the segment that comes next. */
  add(entries: readonly AbortedEntry[]): void {
    this.#waiting = [...this.#waiting, ...entries].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** May what the batch holds go, as far as transactions are concerned? To be asked of every batch, in order. */
  canDiscard(batch: Buffer): boolean {
    this.#begin(lastOffset(batch, 0))
    const id = producerId(batch, 0)
    if (isControlBatch(batch, 0)) return this.#canDiscardMarker(batch, id)
    if (!isTransactional(batch, 0)) return false
    const aborted = this.#aborted.get(id)
    if (aborted === undefined) {
      this.#committed.add(id)
      return false
    }
    aborted.hasBatches = true
    return true
  }

  #begin(offset: number): void {
    while (this.#waiting.length > 0 && this.#waiting[0]!.firstOffset <= offset) {
      const entry = this.#waiting.shift()!
      if (!this.#aborted.has(entry.producerId))
        this.#aborted.set(entry.producerId, { entry, hasBatches: false })
    }
  }

  #canDiscardMarker(batch: Buffer, id: number): boolean {
    // An empty control batch: its marker was discarded before.
    if (recordCount(batch, 0) === 0) return true
    const [marker] = decodeRecords(batch, 0, MAX_DECOMPRESSED_BATCH_BYTES)
    const name = controlRecordName(marker!.key)
    if (name === 'COMMIT') return !this.#committed.delete(id)
    if (name !== 'ABORT') return false
    const aborted = this.#aborted.get(id)
    this.#aborted.delete(id)
    if (aborted?.hasBatches !== true) return true
    this.kept.push(aborted.entry)
    return false
  }
}

import { isControlBatch, isTransactional, producerEpoch, producerId } from '../../protocol/records/batch.ts'

interface VerificationState {
  readonly startedAt: number
  readonly bumpsEpoch: boolean
  epoch: number
  lowestSequence: number
}

/**
 * Producers that a partition has seen asking to begin a transaction (`VerificationStateEntry`): what they sent first must
 * be what is written first, even when their coordinator was asked in vain in between.
 */
export class VerificationStates {
  readonly #states = new Map<number, VerificationState>()

  /** @param bumpsEpoch whether the producer's epoch rises with each transaction (KIP-890) */
  start(id: number, sequence: number, epoch: number, bumpsEpoch: boolean, now: number): void {
    const state = this.#states.get(id)
    if (state === undefined) {
      this.#states.set(id, { startedAt: now, bumpsEpoch, epoch, lowestSequence: sequence })
    } else if (epoch > state.epoch || (epoch === state.epoch && sequence < state.lowestSequence)) {
      state.epoch = epoch
      state.lowestSequence = sequence
    }
  }

  /** Whether something is missing before a batch that begins so; `isFirst`: nothing of the producer is known. */
  isLate(id: number, sequence: number, isFirst: boolean): boolean {
    const state = this.#states.get(id)
    if (state === undefined) return false
    return (state.bumpsEpoch && isFirst && sequence !== 0) || sequence > state.lowestSequence
  }

  onAppend(batch: Buffer): void {
    if (this.#states.size === 0 || !isTransactional(batch, 0)) return
    const id = producerId(batch, 0)
    const state = this.#states.get(id)
    // A marker that has come late ends the transaction before the one that is about to begin.
    const isOfNext = state?.bumpsEpoch && isControlBatch(batch, 0) && producerEpoch(batch, 0) === state.epoch
    if (!isOfNext) this.#states.delete(id)
  }

  expire(startedUntil: number): void {
    for (const [id, { startedAt }] of this.#states) if (startedAt <= startedUntil) this.#states.delete(id)
  }
}

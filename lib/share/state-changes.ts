import type { Fate } from './in-flight-batch.ts'
import { combineBatches, RecordState, type StateBatch } from './state-batches.ts'

interface Change {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly fate: Fate
  readonly before: Fate
}

/** What becomes of acquired records: all of it once it is kept, or nothing. */
export class StateChanges {
  readonly #changes: Change[] = []
  readonly #deliveryCountLimit: number

  constructor(deliveryCountLimit: number) {
    this.#deliveryCountLimit = deliveryCountLimit
  }

  get isEmpty(): boolean {
    return this.#changes.length === 0
  }

  /** Some are to be had again. */
  get hasAvailable(): boolean {
    return this.#changes.some(({ fate }) => fate.state === RecordState.AVAILABLE)
  }

  /** Nobody holds them any longer; what has been delivered often enough is not to be had again. */
  end(firstOffset: number, lastOffset: number, fate: Fate, state: RecordState): void {
    this.#changes.push({ firstOffset, lastOffset, fate, before: { ...fate } })
    const isTooOften = state === RecordState.AVAILABLE && fate.deliveryCount >= this.#deliveryCountLimit
    fate.state = isTooOften ? RecordState.ARCHIVED : state
    fate.memberId = ''
  }

  undo(): void {
    for (const { fate, before } of this.#changes) Object.assign(fate, before)
  }

  batches(): StateBatch[] {
    const batches = this.#changes.map(({ firstOffset, lastOffset, fate }) => {
      return { firstOffset, lastOffset, deliveryState: fate.state, deliveryCount: fate.deliveryCount }
    })
    return combineBatches([], batches, Number.MIN_SAFE_INTEGER)
  }
}

import type { Clock, Timer } from '../../lab/clock.ts'
import type { Metadata } from '../../metadata/metadata.ts'
import type { MetadataRecord } from '../../metadata/records.ts'

/** Hands the metadata's records on some time after they were committed, in order; at once, until it has begun. */
export class PermissionLag {
  readonly #clock: Clock
  readonly #lagMs: number
  readonly #timers = new Set<Timer>()
  #hasBegun = false

  constructor(metadata: Metadata, clock: Clock, lagMs: number, follow: (record: MetadataRecord) => void) {
    this.#clock = clock
    this.#lagMs = lagMs
    metadata.subscribe((records) => {
      const apply = () => {
        for (const record of records) follow(record)
      }
      if (this.#hasBegun) this.#later(apply)
      else apply()
    })
  }

  begin(): void {
    this.#hasBegun = true
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  #later(apply: () => void): void {
    const timer = this.#clock.setTimer(this.#lagMs, () => {
      this.#timers.delete(timer)
      apply()
    })
    this.#timers.add(timer)
  }
}

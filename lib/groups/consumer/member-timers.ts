import type { Clock, Timer } from '../../lab/clock.ts'

/**
 * What a member is waited for:
 *
 * - session: to be heard of
 * - rebalance: to give up partitions
 * - join, sync: a member that speaks the classic protocol, to join again and to ask for its assignment
 */
export type MemberTimer = 'session' | 'rebalance' | 'join' | 'sync'

type Timers = Map<string, Timer>

/** The timers of a group's members, at most one of a kind for each. */
export class MemberTimers {
  readonly #timers: Readonly<Record<MemberTimer, Timers>> = {
    session: new Map(),
    rebalance: new Map(),
    join: new Map(),
    sync: new Map(),
  }

  /** Takes the place of the one before. */
  set(kind: MemberTimer, memberId: string, clock: Clock, delayMs: number, expire: () => void): void {
    const timers = this.#timers[kind]
    timers.get(memberId)?.cancel()
    const timer = clock.setTimer(delayMs, () => {
      timers.delete(memberId)
      expire()
    })
    timers.set(memberId, timer)
  }

  isSet(kind: MemberTimer, memberId: string): boolean {
    return this.#timers[kind].has(memberId)
  }

  cancel(kind: MemberTimer, memberId: string): void {
    this.#timers[kind].get(memberId)?.cancel()
    this.#timers[kind].delete(memberId)
  }

  cancelAllOf(memberId: string): void {
    for (const kind of Object.keys(this.#timers) as MemberTimer[]) this.cancel(kind, memberId)
  }

  cancelAll(): void {
    for (const timers of Object.values(this.#timers)) {
      for (const timer of timers.values()) timer.cancel()
      timers.clear()
    }
  }
}

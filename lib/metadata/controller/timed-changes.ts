import type { Clock, Timer } from '../../lab/clock.ts'
import type { EffectiveConfigs } from '../effective-configs.ts'
import type { Metadata } from '../metadata.ts'
import type { Controller } from './controller.ts'

/**
 * What the controller does of its own accord when time has passed: it gives up brokers that are silent, and gives
 * partitions back to their preferred leaders. No timer runs while there is nothing to do.
 */
export class TimedChanges {
  readonly #controller: Controller
  readonly #configs: EffectiveConfigs
  readonly #clock: Clock
  readonly #unsubscribe: () => void
  #silent = new Map<number, Timer>()
  #balancing: Timer | undefined

  constructor(controller: Controller, metadata: Metadata, configs: EffectiveConfigs, clock: Clock) {
    this.#controller = controller
    this.#configs = configs
    this.#clock = clock
    this.#unsubscribe = metadata.subscribe((records) => {
      // Leaders move by these records alone.
      if (records.some(({ type }) => type === 'PartitionChangeRecord')) this.#balanceLater()
    })
  }

  /**
   * A broker was killed: nobody said good-bye for it, so that it goes on leading until its session is over
   * (`broker.session.timeout.ms`).
   */
  brokerWentSilent(brokerId: number): void {
    this.brokerIsBack(brokerId)
    const { brokerSessionTimeoutMs } = this.#configs.cluster().config
    const timer = this.#clock.setTimer(brokerSessionTimeoutMs, () => {
      this.#silent.delete(brokerId)
      this.#controller.fenceBroker(brokerId)
    })
    this.#silent.set(brokerId, timer)
  }

  /** To be said before the broker is registered again, or fenced for another reason. */
  brokerIsBack(brokerId: number): void {
    this.#silent.get(brokerId)?.cancel()
    this.#silent.delete(brokerId)
  }

  #balanceLater(): void {
    const { autoLeaderRebalanceEnable, leaderImbalanceCheckIntervalSeconds } = this.#configs.cluster().config
    if (!autoLeaderRebalanceEnable || this.#balancing) return
    this.#balancing = this.#clock.setTimer(leaderImbalanceCheckIntervalSeconds * 1000, () => {
      this.#balancing = undefined
      this.#controller.balanceLeaders()
    })
  }

  /** Cancels every timer. */
  close(): void {
    this.#unsubscribe()
    this.#balancing?.cancel()
    this.#balancing = undefined
    for (const timer of this.#silent.values()) timer.cancel()
    this.#silent.clear()
  }
}

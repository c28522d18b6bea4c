import type { Clock, Timer } from '../../lab/clock.ts'
import type { EffectiveConfigs } from '../effective-configs.ts'
import type { Metadata } from '../metadata.ts'
import type { Controller } from './controller.ts'

/**
 * Gives partitions back to their preferred leaders some time after leaders moved (`auto.leader.rebalance.enable`,
 * `leader.imbalance.check.interval.seconds`). No timer runs while none has moved.
 */
export class LeaderBalancer {
  readonly #unsubscribe: () => void
  #timer: Timer | undefined

  constructor(controller: Controller, metadata: Metadata, configs: EffectiveConfigs, clock: Clock) {
    this.#unsubscribe = metadata.subscribe((records) => {
      if (this.#timer || !records.some(({ type }) => type === 'PartitionChangeRecord')) return
      const { autoLeaderRebalanceEnable, leaderImbalanceCheckIntervalSeconds } = configs.cluster().config
      if (!autoLeaderRebalanceEnable) return
      this.#timer = clock.setTimer(leaderImbalanceCheckIntervalSeconds * 1000, () => {
        this.#timer = undefined
        controller.balanceLeaders()
      })
    })
  }

  close(): void {
    this.#unsubscribe()
    this.#timer?.cancel()
    this.#timer = undefined
  }
}

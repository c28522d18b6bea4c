import type { Timer } from '../lab/clock.ts'
import type { FetchParams } from './fetch-params.ts'
import type { FetchPartition, FetchResult } from './fetch-partition.ts'
import { readPartitions } from './fetch-read.ts'
import type { HostedReplicas } from './hosted-replicas.ts'
import type { Partition, PartitionWaiter } from './partition.ts'

/**
 * A fetch that waits until there is enough to read, something is wrong, or its time is up (Kafka's DelayedFetch). A
 * change of a partition costs a look at that partition alone.
 */
export class DelayedFetch implements PartitionWaiter {
  readonly #replicas: HostedReplicas
  readonly #params: FetchParams
  readonly #targets: readonly FetchPartition[]
  readonly #resolve: (results: FetchResult[]) => void
  /** What is waited for, with the bytes each has for us. */
  readonly #waiting = new Map<Partition, { target: FetchPartition; bytes: number }>()
  #bytes = 0
  #timer: Timer | undefined
  #isDone = false

  constructor(
    replicas: HostedReplicas,
    params: FetchParams,
    targets: readonly FetchPartition[],
    resolve: (results: FetchResult[]) => void,
  ) {
    this.#replicas = replicas
    this.#params = params
    this.#targets = targets
    this.#resolve = resolve
  }

  start(): void {
    this.#timer = this.#replicas.clock.setTimer(this.#params.maxWaitMs, () => this.#complete())
    for (const target of this.#targets) {
      const partition = this.#partitionOf(target)
      if (partition === undefined) continue
      this.#waiting.set(partition, { target, bytes: 0 })
      partition.wait(this)
    }
    for (const partition of this.#waiting.keys()) if (!this.#isDone) this.partitionChanged(partition)
  }

  #partitionOf({ topic, partition, currentLeaderEpoch }: FetchPartition): Partition | undefined {
    const { onlyLeader } = this.#params
    const found = this.#replicas.available(topic as string, partition, currentLeaderEpoch, onlyLeader)
    return typeof found === 'number' ? undefined : found
  }

  partitionChanged(partition: Partition): void {
    const waiting = this.#waiting.get(partition)
    if (waiting === undefined) return
    // Deleted, led by another, or in an epoch that the client does not know of: the answer is an error now.
    if (this.#partitionOf(waiting.target) !== partition) {
      this.#complete()
      return
    }
    const { fetchOffset, maxBytes } = waiting.target
    const bytes = Math.min(maxBytes, partition.log.bytesFrom(fetchOffset, this.#params.isolation))
    this.#bytes += bytes - waiting.bytes
    waiting.bytes = bytes
    const isOutOfRange = fetchOffset < partition.log.logStartOffset
    const isEnough = this.#bytes >= this.#params.minBytes
    if (isEnough || isOutOfRange || partition.log.isBehind(fetchOffset, this.#params.isolation)) {
      this.#complete()
    }
  }

  #complete(): void {
    if (this.#isDone) return
    this.cancel()
    this.#resolve(readPartitions(this.#replicas, this.#params, this.#targets))
  }

  /** Waits no longer, and gives no answer. */
  cancel(): void {
    this.#isDone = true
    this.#timer?.cancel()
    for (const partition of this.#waiting.keys()) partition.stopWaiting(this)
    this.#waiting.clear()
  }
}

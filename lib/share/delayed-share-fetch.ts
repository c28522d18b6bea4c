import type { Clock, Timer } from '../lab/clock.ts'
import type { HostedReplicas } from '../log/hosted-replicas.ts'
import type { Partition, PartitionWaiter } from '../log/partition.ts'
import type { SharePartitions } from './share-partitions.ts'
import {
  acquirableOf,
  acquireFrom,
  isEnough,
  type ShareFetchParams,
  type ShareResult,
  type ShareTarget,
} from './share-read.ts'

interface Waiting {
  readonly clock: Clock
  readonly replicas: HostedReplicas
  readonly partitions: SharePartitions
}

/** Takes what there is, at once where that is enough; else the promise holds until it is, or the time is up. */
export function fetchShares(
  waiting: Waiting,
  params: ShareFetchParams,
  targets: readonly ShareTarget[],
  onCancel: (cancel: () => void) => void,
): ShareResult[] | Promise<ShareResult[]> {
  if (targets.length === 0 || params.maxRecords === 0 || params.maxBytes === 0) return []
  const acquirable = acquirableOf(waiting.partitions, targets)
  const { refused } = acquirable
  const isAtOnce = refused.length === targets.length || params.maxWaitMs <= 0 || isEnough(acquirable, params)
  if (isAtOnce) return acquireFrom(acquirable, params)
  return new Promise((resolve) => {
    const delayed = new DelayedShareFetch(waiting, params, targets, refused.length, resolve)
    onCancel(() => delayed.cancel())
    delayed.start()
  })
}

/** A ShareFetch that waits for records, new ones or ones that others give back (`DelayedShareFetch`). */
class DelayedShareFetch implements PartitionWaiter {
  readonly #waiting: Waiting
  readonly #params: ShareFetchParams
  readonly #targets: readonly ShareTarget[]
  /** How many of them could not be had from the beginning. */
  readonly #refused: number
  readonly #resolve: (results: ShareResult[]) => void
  readonly #logs = new Set<Partition>()
  #timer: Timer | undefined
  #isDone = false
  #isLooking = false

  constructor(
    waiting: Waiting,
    params: ShareFetchParams,
    targets: readonly ShareTarget[],
    refused: number,
    resolve: (results: ShareResult[]) => void,
  ) {
    this.#waiting = waiting
    this.#params = params
    this.#targets = targets
    this.#refused = refused
    this.#resolve = resolve
  }

  start(): void {
    const { clock, replicas, partitions } = this.#waiting
    this.#timer = clock.setTimer(this.#params.maxWaitMs, () => {
      this.#complete(acquireFrom(acquirableOf(partitions, this.#targets), this.#params))
    })
    for (const { topic, key } of this.#targets) {
      partitions.wait(key, this.#look)
      const partition = replicas.hosted(topic, key.partition)
      if (typeof partition === 'number') continue
      this.#logs.add(partition)
      partition.wait(this)
    }
  }

  partitionChanged(): void {
    this.#look()
  }

  readonly #look = (): void => {
    // To take records may change others, which wakes whoever waits: us, too.
    if (this.#isDone || this.#isLooking) return
    this.#isLooking = true
    const acquirable = acquirableOf(this.#waiting.partitions, this.#targets)
    const isDone = acquirable.refused.length > this.#refused || isEnough(acquirable, this.#params)
    const results = isDone ? acquireFrom(acquirable, this.#params) : undefined
    this.#isLooking = false
    if (results) this.#complete(results)
  }

  #complete(results: ShareResult[]): void {
    if (this.#isDone) return
    this.cancel()
    this.#resolve(results)
  }

  /** Waits no longer, and gives no answer. */
  cancel(): void {
    this.#isDone = true
    this.#timer?.cancel()
    for (const partition of this.#logs) partition.stopWaiting(this)
    for (const { key } of this.#targets) this.#waiting.partitions.stopWaiting(key, this.#look)
  }
}

import { ErrorCode } from '../../protocol/errors.ts'
import type { Clock } from '../lab/clock.ts'
import type { HostedReplicas } from '../log/hosted-replicas.ts'
import type { Isolation } from '../log/log-results.ts'
import { offsetByTime } from '../log/offset-by-time.ts'
import type { Partition } from '../log/partition.ts'
import type { Metadata } from '../metadata/metadata.ts'
import type { ShareCoordinator } from './share-coordinator.ts'
import { type ShareLimits, SharePartition } from './share-partition.ts'
import { keyText, type SharePartitionKey } from './share-partition-key.ts'
import { persisterRefusal } from './share-refusal.ts'
import { UNINITIALIZED_OFFSET } from './share-state.ts'

/** The configs of a group that sharing obeys, by their names without dots. */
export interface ShareConfig extends ShareLimits {
  readonly shareAutoOffsetReset: string
  readonly shareIsolationLevel: string
}

export interface SharePartitionsOptions {
  readonly clock: Clock
  readonly metadata: Metadata
  readonly replicas: HostedReplicas
  readonly coordinator: ShareCoordinator
  readonly configOf: (groupId: string) => ShareConfig
}

/** A share partition with the partition it is of. */
export interface SharedPartition {
  readonly key: SharePartitionKey
  readonly partition: Partition
  readonly share: SharePartition
  readonly isolation: Isolation
}

interface Entry extends SharedPartition {
  readonly leaderEpoch: number
}

const NO_TIME = -1
/** Who gets one of these has been overtaken. */
const FENCES: ReadonlySet<number> = new Set([
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.GROUP_ID_NOT_FOUND,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
])

/** The share partitions of the partitions that one broker leads (`SharePartitionCache`). */
export class SharePartitions {
  readonly #options: SharePartitionsOptions
  readonly #entries = new Map<string, Entry>()
  readonly #waiters = new Map<string, Set<() => void>>()
  #unsubscribe: () => void

  constructor(options: SharePartitionsOptions) {
    this.#options = options
    this.#unsubscribe = options.metadata.subscribe(() => this.#dropWhatIsElsewhere())
  }

  configOf(groupId: string): ShareConfig {
    return this.#options.configOf(groupId)
  }

  /** Reads it back where it is not there yet; else why it is not to be had here. */
  get(topic: string, key: SharePartitionKey): SharedPartition | ErrorCode {
    const { replicas, coordinator } = this.#options
    const partition = replicas.available(topic, key.partition, NO_TIME, true)
    if (typeof partition === 'number') return partition
    const text = keyText(key)
    const known = this.#entries.get(text)
    if (known) return known
    const { leaderEpoch } = partition.state
    const state = coordinator.read(key, leaderEpoch)
    if (typeof state === 'number') return persisterRefusal(state).errorCode
    const { clock, configOf } = this.#options
    const isNew = state.startOffset === UNINITIALIZED_OFFSET
    const share = new SharePartition({
      clock,
      limits: () => configOf(key.groupId),
      startOffset: isNew ? this.#firstOffset(partition, key.groupId) : state.startOffset,
      stateBatches: state.stateBatches,
      write: (change) => {
        const errorCode = coordinator.write(key, state.stateEpoch, { leaderEpoch, ...change })
        const isRefused = errorCode !== ErrorCode.NONE
        if (isRefused && FENCES.has(persisterRefusal(errorCode).errorCode)) this.#drop(text)
        return errorCode
      },
      onAvailable: () => this.#wake(text),
    })
    const isolation = () => this.#isolationOf(key.groupId)
    const entry: Entry = {
      key,
      partition,
      share,
      leaderEpoch,
      get isolation() {
        return isolation()
      },
    }
    this.#entries.set(text, entry)
    return entry
  }

  /** The one that somebody has fetched from here. */
  known(key: SharePartitionKey): SharePartition | undefined {
    return this.#entries.get(keyText(key))?.share
  }

  /** The group has no sessions here any more: whoever comes next reads anew what is kept. */
  forgetGroup(groupId: string): void {
    for (const [text, { key }] of [...this.#entries]) if (key.groupId === groupId) this.#drop(text)
  }

  /** Calls back when there may be something to take. */
  wait(key: SharePartitionKey, callback: () => void): void {
    const text = keyText(key)
    const waiters = this.#waiters.get(text)
    if (waiters) waiters.add(callback)
    else this.#waiters.set(text, new Set([callback]))
  }

  stopWaiting(key: SharePartitionKey, callback: () => void): void {
    const text = keyText(key)
    const waiters = this.#waiters.get(text)
    waiters?.delete(callback)
    if (waiters?.size === 0) this.#waiters.delete(text)
  }

  close(): void {
    this.#unsubscribe()
    for (const { share } of this.#entries.values()) share.close()
    this.#entries.clear()
  }

  #isolationOf(groupId: string): Isolation {
    const { shareIsolationLevel } = this.#options.configOf(groupId)
    return shareIsolationLevel === 'read_committed' ? 'committed' : 'high-watermark'
  }

  /** Where a group begins that has never read the partition. */
  #firstOffset({ log }: Partition, groupId: string): number {
    const { shareAutoOffsetReset } = this.#options.configOf(groupId)
    if (shareAutoOffsetReset === 'earliest') return log.logStartOffset
    if (shareAutoOffsetReset === 'latest') return log.highWatermark
    const since = this.#options.clock.now() - durationMs(shareAutoOffsetReset)
    return offsetByTime(log, since)?.offset ?? log.highWatermark
  }

  #wake(text: string): void {
    for (const callback of [...(this.#waiters.get(text) ?? [])]) callback()
  }

  #drop(text: string): void {
    this.#entries.get(text)?.share.close()
    this.#entries.delete(text)
    this.#wake(text)
  }

  #dropWhatIsElsewhere(): void {
    const { metadata, replicas } = this.#options
    for (const [text, { key, partition, leaderEpoch }] of [...this.#entries]) {
      const state = metadata.image.partition(key.topicId, key.partition)
      const isHere = state?.leader === replicas.nodeId && state.leaderEpoch === leaderEpoch
      if (!isHere || partition.state !== state) this.#drop(text)
    }
  }
}

const UNIT_MS = { D: 86_400_000, H: 3_600_000, M: 60_000, S: 1000 } as const

/** `by_duration:` with an ISO 8601 duration, whose form has been checked when it was set. */
export function durationMs(strategy: string): number {
  let total = 0
  for (const [, number = '0', unit] of strategy.toUpperCase().matchAll(/([+-]?\d+(?:[.,]\d*)?)([DHMS])/g)) {
    total += Number(number.replace(',', '.')) * UNIT_MS[unit as keyof typeof UNIT_MS]
  }
  return total
}

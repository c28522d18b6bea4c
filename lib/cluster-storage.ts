import { OptionError } from './check-options.ts'
import { decodeSnapshot } from './cluster-snapshot.ts'
import type { Clock } from './lab/clock.ts'
import type { Logger } from './lab/logger.ts'
import { type Random, randomUuid } from './lab/random.ts'
import { DataDirectory, type NamedLog, type PartitionName } from './log/directory/data-directory.ts'
import { LogMemory } from './log/log-memory.ts'
import { SnapshotStorage } from './log/log-snapshot.ts'
import { type LogStorage, MemoryStorage } from './log/log-storage.ts'
import type { FrameMemory } from './memory/frame-memory.ts'
import { MetadataJournal } from './metadata/journal/metadata-journal.ts'
import type { MetadataRecord } from './metadata/records.ts'
import type { ClusterOptions } from './options.ts'

/** Where a cluster keeps what it stores, and what it finds there when it starts. */
export interface ClusterStorage {
  readonly clusterId: string
  /** Records that lead to the metadata as they were left; undefined where there are none. */
  readonly kept: readonly MetadataRecord[] | undefined
  /** undefined: nothing outlives the cluster. */
  readonly durable: { readonly directory: DataDirectory; readonly journal: MetadataJournal } | undefined
  storageOf(partition: PartitionName): LogStorage
  /** @param logs all that were asked for, closed; undefined when the cluster never came to be */
  close(logs: Iterable<NamedLog> | undefined): void
}

export interface StorageServices {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly frameMemory: FrameMemory
}

/** @throws OptionError, or Error where the directory cannot be used */
export function openStorage(options: ClusterOptions, services: StorageServices): ClusterStorage {
  if (options.dataDir === undefined) return inMemory(options, services)
  if (options.snapshot === undefined) return inDirectory(options, services)
  throw new OptionError('option snapshot: expected no dataDir beside it, which says what there is as well')
}

function inMemory(options: ClusterOptions, { clock, random, frameMemory }: StorageServices): ClusterStorage {
  const memory = new LogMemory(options.logMemoryLimit, frameMemory)
  const shared = new MemoryStorage(memory)
  const snapshot = options.snapshot === undefined ? undefined : decodeSnapshot(options.snapshot)
  return {
    clusterId: options.clusterId ?? snapshot?.clusterId ?? randomUuid(random),
    kept: snapshot?.records,
    durable: undefined,
    storageOf({ topicId, index }) {
      const log = snapshot?.logOf(topicId, index)
      if (log === undefined) return shared
      return new SnapshotStorage(memory, log.snapshot, log.bytes, clock.now())
    },
    close() {},
  }
}

function inDirectory(options: ClusterOptions, services: StorageServices): ClusterStorage {
  const { clock, random, logger } = services
  const path = options.dataDir as string
  const directory = new DataDirectory({ path, clock, random, logger })
  let journal: MetadataJournal
  try {
    checkClusterId(path, options.clusterId, directory.clusterId)
    journal = new MetadataJournal({ folder: path, logger })
  } catch (error) {
    directory.abandon()
    throw error
  }
  const clusterId = directory.clusterId ?? options.clusterId ?? randomUuid(random)
  return {
    clusterId,
    kept: journal.records,
    durable: { directory, journal },
    storageOf: (partition) => directory.storageOf(partition),
    close(logs) {
      journal.close()
      if (logs === undefined) {
        directory.abandon()
        return
      }
      directory.checkpoint(logs)
      directory.close()
    },
  }
}

function checkClusterId(path: string, wanted: string | undefined, found: string | undefined): void {
  if (wanted === undefined || found === undefined || wanted === found) return
  throw new OptionError(`option clusterId: expected '${found}', whose data are in ${path}, got '${wanted}'`)
}

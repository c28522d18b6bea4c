import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../lab/clock.ts'
import type { Logger } from '../../lab/logger.ts'
import { type Random, randomUuid } from '../../lab/random.ts'
import { ReadBuffers } from '../../memory/read-buffers.ts'
import type { Metrics } from '../../metrics/metrics.ts'
import type { LogStorage } from '../log-storage.ts'
import type { PartitionLog } from '../partition-log.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.ts'
import { DirectoryLock } from './directory-lock.ts'
import type { FileAccess } from './file-bytes.ts'
import { HeaderWindow } from './header-window.ts'
import { LogDirectory } from './log-directory.ts'
import { readMetaProperties, writeMetaProperties } from './meta-properties.ts'
import { OpenFiles } from './open-files.ts'
import { type PartitionFolder, partitionFolders, readTopicId, writeTopicId } from './partition-folder.ts'

/** Kafka's names. */
const CLEAN_SHUTDOWN = '.kafka_cleanshutdown'
const RECOVERY_POINTS = 'recovery-point-offset-checkpoint'
const LOG_START_OFFSETS = 'log-start-offset-checkpoint'
const HIGH_WATERMARKS = 'replication-offset-checkpoint'
const CLEANER_OFFSETS = 'cleaner-offset-checkpoint'
/** A folder that is about to be emptied (LogManager). */
const DELETE_SUFFIX = '-delete'
/** A folder that no topic claims. */
const STRAY_SUFFIX = '-stray'
const LONGEST_NAME = 255

export interface DataDirectoryOptions {
  readonly path: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** What clients are sent is read into. */
  readonly buffers?: ReadBuffers
}

/** The partition that a log belongs to. */
export interface PartitionName {
  readonly topic: string
  readonly topicId: string
  readonly index: number
}

/** A log as the checkpoints of the directory name it. */
export interface NamedLog {
  readonly topic: string
  readonly index: number
  readonly log: PartitionLog
}

/**
 * The directory that a cluster keeps its logs in, laid out as a broker of Kafka lays it out. One log for each
 * partition, whichever brokers have replicas: they share it.
 */
export class DataDirectory {
  readonly path: string
  /** Of the cluster that it belongs to; undefined for a new one. */
  readonly clusterId: string | undefined
  readonly #options: DataDirectoryOptions
  readonly #lock: DirectoryLock
  readonly #isClean: boolean
  readonly #access: FileAccess
  readonly #recoveryPoints: ReadonlyMap<string, number>
  readonly #logStartOffsets: ReadonlyMap<string, number>
  readonly #cleanerOffsets: ReadonlyMap<string, number>
  readonly #logs = new Map<string, LogDirectory>()

  /** @throws Error where it cannot be used, or is in use */
  constructor(options: DataDirectoryOptions) {
    const { path } = options
    mkdirSync(path, { recursive: true })
    this.path = path
    this.#options = options
    const { buffers = new ReadBuffers() } = options
    this.#access = { files: new OpenFiles(), window: new HeaderWindow(), buffers }
    this.#lock = new DirectoryLock(path)
    try {
      this.clusterId = readMetaProperties(path)?.clusterId
      this.#recoveryPoints = offsetsIn(join(path, RECOVERY_POINTS))
      this.#logStartOffsets = offsetsIn(join(path, LOG_START_OFFSETS))
      this.#cleanerOffsets = offsetsIn(join(path, CLEANER_OFFSETS))
      for (const name of readdirSync(path)) {
        if (name.endsWith(DELETE_SUFFIX)) rmSync(join(path, name), { recursive: true, force: true })
      }
    } catch (error) {
      this.#lock.release()
      throw error
    }
    const marker = join(path, CLEAN_SHUTDOWN)
    this.#isClean = existsSync(marker)
    // From now on whoever finds the directory must look at what may be torn.
    rmSync(marker, { force: true })
  }

  /** So that a test can say what slow readers cost. Kafka, which has the kernel send, has no such metric. */
  register(metrics: Metrics): void {
    metrics.register('josephk', 'storage', {}, { 'read-buffer-bytes': () => this.#access.buffers.lent })
  }

  /** The partitions that have a folder. */
  folders(): PartitionFolder[] {
    return partitionFolders(this.path)
  }

  /** Says whose the directory is, if it does not say so yet. */
  claim(clusterId: string, nodeId: number): void {
    if (this.clusterId !== undefined) return
    const directoryId = randomUuid(this.#options.random)
    writeMetaProperties(this.path, { clusterId, nodeId, directoryId })
  }

  /** Where the log of that partition is kept; its folder is made where there is none. */
  storageOf({ topic, topicId, index }: PartitionName): LogStorage {
    const name = `${topic}-${index}`
    const folder = join(this.path, name)
    mkdirSync(folder, { recursive: true })
    if (readTopicId(folder) === undefined) writeTopicId(folder, topicId)
    const { clock, logger } = this.#options
    const log = new LogDirectory({
      folder,
      access: this.#access,
      logger,
      fields: { topic, partition: index },
      now: () => clock.now(),
      isClean: this.#isClean,
      checkpoints: {
        logStartOffset: this.#logStartOffsets.get(name) ?? 0,
        recoveryPoint: this.#recoveryPoints.get(name) ?? 0,
        cleanedTo: this.#cleanerOffsets.get(name),
      },
      // A new topic of the name may come before the old one's files are gone.
      nameOfDeleted: () => join(this.path, this.#asideName(topic, index, DELETE_SUFFIX)),
      onDeleted: () => this.#logs.delete(name),
    })
    this.#logs.set(name, log)
    return log
  }

  /** Moves folders out of the way that belong to none of those topics: nobody may take their records for his. */
  setStraysAside(isKnown: (folder: PartitionFolder) => boolean): void {
    for (const folder of this.folders()) {
      if (isKnown(folder)) continue
      const stray = this.#asideName(folder.topic, folder.index, STRAY_SUFFIX)
      renameSync(join(this.path, folder.name), join(this.path, stray))
      this.#options.logger.warn('a folder that no topic claims was set aside', {
        folder: folder.name,
        as: stray,
      })
    }
  }

  /** A name that no other folder has (UnifiedLog.logDirNameWithSuffixCappedLength). */
  #asideName(topic: string, index: number, suffix: string): string {
    const end = `-${index}.${this.#options.random.bytes(16).toString('hex')}${suffix}`
    return `${topic.slice(0, LONGEST_NAME - end.length)}${end}`
  }

  /** Writes down what the files of the logs themselves do not tell. */
  checkpoint(logs: Iterable<NamedLog>): void {
    const all = [...logs]
    const write = (file: string, offsetOf: (log: NamedLog) => number | undefined) => {
      const entries = all.flatMap((log): [string, number, number][] => {
        const offset = offsetOf(log)
        return offset === undefined ? [] : [[log.topic, log.index, offset]]
      })
      writeCheckpoint(join(this.path, file), entries, true)
    }
    write(RECOVERY_POINTS, ({ topic, index }) => this.#logs.get(`${topic}-${index}`)?.recoveryPoint)
    write(HIGH_WATERMARKS, ({ log }) => log.highWatermark)
    write(CLEANER_OFFSETS, ({ log }) => log.cleanedTo)
    write(LOG_START_OFFSETS, ({ log }) => {
      // As in Kafka: where the first segment begins says the same.
      return log.logStartOffset > log.segments[0]!.baseOffset ? log.logStartOffset : undefined
    })
  }

  /** To be called when every log has been closed, and the checkpoints have been written. */
  close(): void {
    this.#access.files.closeAll()
    writeFileSync(join(this.path, CLEAN_SHUTDOWN), '{"version":0,"brokerEpoch":-1}\n')
    this.#lock.release()
  }

  /** Leaves it as a process that was killed would. */
  abandon(): void {
    this.#access.files.closeAll()
    this.#lock.release()
  }
}

function offsetsIn(path: string): Map<string, number> {
  return new Map(readCheckpoint(path).map(([topic, index, offset]) => [`${topic}-${index}`, Number(offset)]))
}

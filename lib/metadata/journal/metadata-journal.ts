import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '../../lab/logger.ts'
import { MetadataImage } from '../image.ts'
import type { AccessControlEntryRecord, MetadataRecord } from '../records.ts'
import { decodeFrames, encodeFrame } from './record-frames.ts'
import { isKept, recordsOf } from './records-of.ts'

/** What the files begin with; the last byte is the version. */
const MAGIC = Buffer.from('JKMETA\0\x01', 'latin1')
const NAME = /^josephk-metadata\.(\d+)\.(snapshot|log)$/
const RECORDS_IN_FRAME = 1000
/** When a start makes a snapshot of what it has read: below, reading is as fast. */
const WORTH_A_SNAPSHOT = 1024 * 1024

export interface MetadataJournalOptions {
  /** The directory, which exists. */
  readonly folder: string
  readonly logger: Logger
}

/**
 * The metadata of a cluster in a directory: a log of the records committed, `josephk-metadata.<n>.log`, on top of a
 * snapshot of what was before, `josephk-metadata.<n>.snapshot`. What is appended is with the operating system when
 * `append` returns, before anybody acts upon it.
 */
export class MetadataJournal {
  readonly #options: MetadataJournalOptions
  #number = 0
  #fd: number
  #size = MAGIC.length
  /** What is kept of before; undefined in a directory that has no metadata yet. */
  readonly records: readonly MetadataRecord[] | undefined

  /** @throws Error for a snapshot that is damaged, or files of a version that is not known */
  constructor(options: MetadataJournalOptions) {
    this.#options = options
    const numbers = this.#files()
      .filter(({ kind, number }) => kind === 'snapshot' || number === 0)
      .map(({ number }) => number)
    this.#number = Math.max(0, ...numbers)
    this.records = numbers.length === 0 ? undefined : reduced(this.#readSnapshot(), this.#readLog())
    this.#fd = this.#openLog()
    this.#removeOthers()
    if (this.#size > WORTH_A_SNAPSHOT && this.records !== undefined) this.#takeSnapshot(this.records)
  }

  append(committed: readonly MetadataRecord[]): void {
    const records = committed.filter(isKept)
    if (records.length === 0) return
    const frame = encodeFrame(records)
    try {
      for (let written = 0; written < frame.length; ) {
        written += writeSync(this.#fd, frame, written, frame.length - written, this.#size + written)
      }
    } catch (error) {
      ftruncateSync(this.#fd, this.#size)
      throw error
    }
    this.#size += frame.length
  }

  /**
   * To be called when what was appended has taken effect.
   *
   * @param bytes `metadata.log.max.record.bytes.between.snapshots`
   * @param state asked, where it is time, for records that lead to the state as it is now
   */
  snapshotIfDue(bytes: number, state: () => Iterable<MetadataRecord>): void {
    if (this.#size > bytes) this.#takeSnapshot(state())
  }

  close(): void {
    fsyncSync(this.#fd)
    closeSync(this.#fd)
  }

  #path(kind: 'snapshot' | 'log', number = this.#number): string {
    return join(this.#options.folder, `josephk-metadata.${number}.${kind}`)
  }

  #files(): { name: string; number: number; kind: string }[] {
    return readdirSync(this.#options.folder).flatMap((name) => {
      const [, number, kind] = NAME.exec(name) ?? []
      return number === undefined || kind === undefined ? [] : [{ name, number: Number(number), kind }]
    })
  }

  #removeOthers(): void {
    for (const { name, number } of this.#files()) {
      if (number !== this.#number) rmSync(join(this.#options.folder, name), { force: true })
    }
  }

  #readSnapshot(): MetadataRecord[] {
    const path = this.#path('snapshot')
    if (!existsSync(path)) return []
    const bytes = checked(path)
    const { records, end } = decodeFrames(bytes, MAGIC.length)
    if (end !== bytes.length)
      throw new Error(`${path} is damaged at byte ${end}: the cluster's metadata cannot be read`)
    return records
  }

  #readLog(): MetadataRecord[] {
    const path = this.#path('log')
    if (isUnbegun(path)) return []
    const bytes = checked(path)
    const { records, end } = decodeFrames(bytes, MAGIC.length)
    this.#size = end
    return records
  }

  #openLog(): number {
    const path = this.#path('log')
    const isNew = isUnbegun(path)
    const fd = openSync(path, isNew ? 'w+' : 'r+')
    if (isNew) {
      writeSync(fd, MAGIC, 0, MAGIC.length, 0)
      return fd
    }
    const torn = statSync(path).size - this.#size
    if (torn > 0) {
      ftruncateSync(fd, this.#size)
      this.#options.logger.warn('a torn tail of the metadata was cut off', { file: path, bytes: torn })
    }
    return fd
  }

  #takeSnapshot(state: Iterable<MetadataRecord>): void {
    const next = this.#number + 1
    const path = this.#path('snapshot', next)
    const fd = openSync(`${path}.tmp`, 'w')
    try {
      writeSync(fd, MAGIC)
      for (const frame of framesOf(state)) writeSync(fd, frame)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    // In one step: from here on the old log is not read any more.
    renameSync(`${path}.tmp`, path)
    closeSync(this.#fd)
    this.#number = next
    this.#size = MAGIC.length
    this.#fd = this.#openLog()
    this.#removeOthers()
  }
}

function* framesOf(state: Iterable<MetadataRecord>): Generator<Buffer> {
  let some: MetadataRecord[] = []
  for (const record of state) {
    some.push(record)
    if (some.length < RECORDS_IN_FRAME) continue
    yield encodeFrame(some)
    some = []
  }
  if (some.length > 0) yield encodeFrame(some)
}

/** It is not there, or who began it was killed doing so. */
function isUnbegun(path: string): boolean {
  return !existsSync(path) || statSync(path).size < MAGIC.length
}

function checked(path: string): Buffer {
  const bytes = readFileSync(path)
  if (bytes.length < MAGIC.length || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new Error(`${path} is no file of a cluster's metadata, or of a version that is not known here`)
  }
  return bytes
}

/** What the records come to, without those that took away what others had said. */
function reduced(...parts: MetadataRecord[][]): MetadataRecord[] {
  const image = new MetadataImage('')
  const acls = new Map<string, AccessControlEntryRecord>()
  for (const record of parts.flat()) {
    if (record.type === 'AccessControlEntryRecord') acls.set(record.id, record)
    else if (record.type === 'RemoveAccessControlEntryRecord') acls.delete(record.id)
    else image.apply(record)
  }
  return [...recordsOf({ image, acls: acls.values() })]
}

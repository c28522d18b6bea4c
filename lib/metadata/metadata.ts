import { MetadataImage } from './image.ts'
import type { MetadataRecord } from './records.ts'

/** What makes commits outlive the process: `journal/metadata-journal.ts`. */
export interface MetadataKeeper {
  append(records: readonly MetadataRecord[]): void
  /** All that was appended has taken effect. */
  snapshotIfDue(): void
}

/** Told after the records have been applied. */
export type MetadataListener = (records: readonly MetadataRecord[]) => void

/**
 * The metadata of one cluster: an image, and the one way to change it. What a single `commit` holds is seen by nobody
 * half-applied, because nobody runs in between.
 */
export class Metadata {
  readonly image: MetadataImage
  #listeners = new Set<MetadataListener>()
  readonly #keeper: MetadataKeeper | undefined

  /** @param keeper gets every commit before it takes effect */
  constructor(clusterId: string, keeper?: MetadataKeeper) {
    this.image = new MetadataImage(clusterId)
    this.#keeper = keeper
  }

  /** @throws Error where they cannot be kept; nothing has changed then */
  commit(records: readonly MetadataRecord[]): void {
    if (records.length === 0) return
    this.#keeper?.append(records)
    this.restore(records)
    this.#keeper?.snapshotIfDue()
  }

  /** Brings about what was committed, and kept, in another life of the cluster. */
  restore(records: readonly MetadataRecord[]): void {
    for (const record of records) this.image.apply(record)
    for (const listener of this.#listeners) listener(records)
  }

  /** @returns what takes the listener away again */
  subscribe(listener: MetadataListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

import { MetadataImage } from './image.ts'
import type { MetadataRecord } from './records.ts'

/** Told after the records have been applied. */
export type MetadataListener = (records: readonly MetadataRecord[]) => void

/**
 * The metadata of one cluster: an image, and the one way to change it. What a single `commit` holds is seen by nobody
 * half-applied, because nobody runs in between.
 */
export class Metadata {
  readonly image: MetadataImage
  #listeners = new Set<MetadataListener>()

  constructor(clusterId: string) {
    this.image = new MetadataImage(clusterId)
  }

  commit(records: readonly MetadataRecord[]): void {
    if (records.length === 0) return
    for (const record of records) this.image.apply(record)
    for (const listener of this.#listeners) listener(records)
  }

  /** @returns what takes the listener away again */
  subscribe(listener: MetadataListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

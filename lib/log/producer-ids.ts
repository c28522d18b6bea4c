import type { Metadata } from '../metadata/metadata.ts'

/** How many ids a broker takes at a time (ProducerIdsBlock). */
const BLOCK_SIZE = 1000

/**
 * The producer ids that one broker hands out. It takes them from the metadata in blocks, so that no two brokers hand
 * out the same, and none is handed out again after a restart (KIP-730).
 */
export class ProducerIds {
  readonly #metadata: Metadata
  #next = 0
  #end = 0

  constructor(metadata: Metadata) {
    this.#metadata = metadata
  }

  next(): number {
    if (this.#next === this.#end) {
      this.#next = this.#metadata.image.nextProducerId
      this.#end = this.#next + BLOCK_SIZE
      this.#metadata.commit([{ type: 'ProducerIdsRecord', nextProducerId: this.#end }])
    }
    return this.#next++
  }
}

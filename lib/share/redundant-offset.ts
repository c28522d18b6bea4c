/**
 * Up to where the records of a partition of `__share_group_state` say nothing that later ones do not say again: below the
 * last snapshot of each share partition (`ShareCoordinatorOffsetsManager`).
 */
export class RedundantOffset {
  readonly #snapshots = new Map<string, number>()
  #offset: number | undefined

  /** The first record that is needed; undefined where all are. */
  get value(): number | undefined {
    return this.#offset === undefined || this.#offset <= 0 ? undefined : this.#offset
  }

  /** A snapshot of that share partition lies at the offset, or a tombstone, behind which nothing of it comes. */
  onSnapshot(key: string, offset: number, isTombstone: boolean): void {
    this.#snapshots.set(key, offset)
    let least = offset
    for (const each of this.#snapshots.values()) least = Math.min(least, each)
    this.#offset = least
    if (isTombstone) this.#snapshots.delete(key)
  }
}

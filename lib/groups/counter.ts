/** How often each key was counted; one that is down to none is gone. */
export class Counter {
  #counts = new Map<string, number>()

  get size(): number {
    return this.#counts.size
  }

  keys(): IterableIterator<string> {
    return this.#counts.keys()
  }

  get(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  count(key: string, step: 1 | -1): void {
    const count = this.get(key) + step
    if (count === 0) this.#counts.delete(key)
    else this.#counts.set(key, count)
  }

  /** The key that was counted most; of several the one that came first. */
  most(): string | undefined {
    let most: string | undefined
    for (const [key, count] of this.#counts) if (most === undefined || count > this.get(most)) most = key
    return most
  }
}

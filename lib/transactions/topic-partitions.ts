/** A set of partitions, by topic. */
export class TopicPartitions implements Iterable<[topic: string, partition: number]> {
  readonly #topics = new Map<string, Set<number>>()

  constructor(partitions: Iterable<readonly [topic: string, partition: number]> = []) {
    for (const [topic, partition] of partitions) this.add(topic, partition)
  }

  get isEmpty(): boolean {
    return this.#topics.size === 0
  }

  has(topic: string, partition: number): boolean {
    return this.#topics.get(topic)?.has(partition) === true
  }

  hasAll(others: Iterable<readonly [topic: string, partition: number]>): boolean {
    for (const [topic, partition] of others) if (!this.has(topic, partition)) return false
    return true
  }

  add(topic: string, partition: number): void {
    const partitions = this.#topics.get(topic)
    if (partitions) partitions.add(partition)
    else this.#topics.set(topic, new Set([partition]))
  }

  delete(topic: string, partition: number): void {
    const partitions = this.#topics.get(topic)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#topics.delete(topic)
  }

  *[Symbol.iterator](): Generator<[topic: string, partition: number]> {
    for (const [topic, partitions] of this.#topics)
      for (const partition of partitions) yield [topic, partition]
  }

  /** As messages and records have them. */
  byTopic(): { topic: string; partitions: number[] }[] {
    return [...this.#topics].map(([topic, partitions]) => ({ topic, partitions: [...partitions] }))
  }
}

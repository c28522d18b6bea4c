/** Kafka keeps these in hash maps. */
const UNORDERED = new Set([
  'activeProducers',
  'partitions',
  'resultsByPartition',
  'resultsByTopicV3AndBelow',
  'topicResults',
  'topics',
  'transactionStates',
  'unknownStateFilters',
])

/**
 * What was answered, line by line, with what differs from run to run (producer ids, times, topic ids) made the same.
 */
export class Transcript {
  readonly lines: string[] = []
  readonly #producerIds = new Map<number, string>()

  add<T>(label: string, answer: T): T {
    this.lines.push(`${label}: ${JSON.stringify(this.#same('', answer))}`)
    return answer
  }

  #same(key: string, value: unknown): unknown {
    if (Array.isArray(value)) {
      const same = value.map((element) => this.#same(key, element))
      const isOrdered = !UNORDERED.has(key)
      return isOrdered ? same : same.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    }
    if (typeof value === 'number') return this.#number(key, value)
    if (key === 'topicId') return 'ID'
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => name !== 'throttleTimeMs')
        .map(([name, field]) => [name, this.#same(name, field)]),
    )
  }

  #number(key: string, value: number): unknown {
    if (/producerId/i.test(key) && value >= 0) {
      const known = this.#producerIds.get(value) ?? `P${this.#producerIds.size}`
      this.#producerIds.set(value, known)
      return known
    }
    return /time(stamp)?(ms)?$/i.test(key) && !/timeout/i.test(key) ? Math.sign(value) : value
  }
}

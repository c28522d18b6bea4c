/** Lists that Kafka takes from hash maps. */
const UNORDERED = ['members', 'groups', 'results', 'topicPartitions', 'subscribedTopicNames']

/** What Kafka makes a UUID look like. */
const KAFKA_UUID = /^[\w-]{22}$/

/**
 * What was answered, line by line, with what differs from run to run (member ids, topic ids, addresses, order of maps)
 * made the same.
 */
export class Transcript {
  readonly lines: string[] = []
  #memberIds = new Map<string, string>()
  readonly #topicIds: ReadonlyMap<string, string>
  readonly #unordered: ReadonlySet<string>

  /**
   * @param topicIds by name; topics may still come
   * @param unordered further lists whose order is a hash map's
   */
  constructor(topicIds: ReadonlyMap<string, string>, unordered: readonly string[] = []) {
    this.#topicIds = topicIds
    this.#unordered = new Set([...UNORDERED, ...unordered])
  }

  #topicName(topicId: string): string | undefined {
    for (const [name, id] of this.#topicIds) if (id === topicId) return name
    return undefined
  }

  /** The line's place is that of the question: which of two answers comes first is often a race. */
  async add<T>(
    label: string,
    answer: T | Promise<T>,
    shown: (value: T) => unknown = (value) => value,
  ): Promise<T> {
    const line = this.lines.push(`${label}: no answer`) - 1
    const value = await answer
    this.lines[line] = `${label}: ${this.#text(shown(value))}`
    return value
  }

  #text(value: unknown): string {
    return JSON.stringify(this.#same('', value))
  }

  #same(key: string, value: unknown): unknown {
    if (Buffer.isBuffer(value)) return `<${value.toString('latin1')}>`
    if (Array.isArray(value))
      return this.#sorted(
        key,
        value.map((element) => this.#same('', element)),
      )
    if (typeof value === 'string') return this.#string(key, value)
    if (typeof value === 'number' && (key === 'port' || key === 'throttleTimeMs')) return Math.sign(value)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, this.#same(name, field)]))
  }

  #sorted(key: string, values: unknown[]): unknown[] {
    if (!this.#unordered.has(key)) return values
    return values.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }

  #string(key: string, value: string): string {
    if (key === 'topicId') return this.#topicName(value) ?? value
    if (key === 'host' && value !== '') return 'HOST'
    if (key === 'errorMessage' && value !== '' && value !== 'NONE') return 'SOME MESSAGE'
    if (key === 'memberId' && KAFKA_UUID.test(value)) return this.#numbered(value, '')
    const uuid = /^(.*)-[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/s.exec(value)
    if (!uuid) return this.#withoutTopicIds(value)
    return this.#numbered(value, uuid[1] as string)
  }

  #numbered(memberId: string, name: string): string {
    let short = this.#memberIds.get(memberId)
    if (short === undefined) {
      const prefix = `${name}#`
      const count = [...this.#memberIds.values()].filter((id) => id.startsWith(prefix)).length
      short = `${prefix}${count + 1}`
      this.#memberIds.set(memberId, short)
    }
    return short
  }

  #withoutTopicIds(value: string): string {
    let text = value
    for (const [name, id] of this.#topicIds) text = text.replaceAll(id, `ID-OF-${name}`)
    return text
  }
}

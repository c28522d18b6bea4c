import { javaHash } from './java-hash.ts'

const LOAD_FACTOR = 0.75

/**
 * The keys in the order in which a `HashMap` of Java walks them, when they were put into it in the order given. What
 * Kafka decides by walking a map is decided so here.
 *
 * @param capacity that the map was made with
 */
export function hashMapOrder(keys: readonly string[], capacity = 16): string[] {
  let buckets = 1
  while (buckets < capacity) buckets *= 2
  while (keys.length > Math.floor(buckets * LOAD_FACTOR)) buckets *= 2
  const bucketOf = (key: string) => {
    const hash = javaHash(key)
    return (hash ^ (hash >>> 16)) & (buckets - 1)
  }
  return [...keys].sort((a, b) => bucketOf(a) - bucketOf(b))
}

/** Java's `PriorityQueue`: of those that are equally small it gives the one that Java's gives. */
export class JavaPriorityQueue<T> {
  readonly #heap: T[] = []
  readonly #compare: (a: T, b: T) => number

  constructor(compare: (a: T, b: T) => number, elements: Iterable<T>) {
    this.#compare = compare
    for (const element of elements) this.add(element)
  }

  get size(): number {
    return this.#heap.length
  }

  add(element: T): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (this.#compare(element, heap[parent] as T) >= 0) break
      heap[at] = heap[parent] as T
      at = parent
    }
    heap[at] = element
  }

  poll(): T | undefined {
    const heap = this.#heap
    const [smallest] = heap
    const last = heap.pop()
    if (heap.length > 0) this.#sink(last as T)
    return smallest
  }

  #sink(element: T): void {
    const heap = this.#heap
    const half = heap.length >>> 1
    let at = 0
    while (at < half) {
      let child = 2 * at + 1
      const right = child + 1
      if (right < heap.length && this.#compare(heap[child] as T, heap[right] as T) > 0) child = right
      if (this.#compare(element, heap[child] as T) <= 0) break
      heap[at] = heap[child] as T
      at = child
    }
    heap[at] = element
  }
}

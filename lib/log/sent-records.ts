import type { Metrics, MetricTags } from '../metrics/metrics.ts'
import { SEND_PATHS, type SendPath } from './send-path.ts'

/**
 * The bytes of records that one broker has sent, by listener and by the way they went, so that a test can say which way
 * that was. Kafka has no such metrics; these are ours.
 */
export class SentRecords {
  readonly #bytes = new Map<string, Record<SendPath, number>>()

  count(listenerName: string, path: SendPath, bytes: number): void {
    if (bytes > 0) this.#of(listenerName)[path] += bytes
  }

  register(metrics: Metrics, broker: number, listener: string): void {
    for (const path of SEND_PATHS) {
      const tags: MetricTags = { broker: String(broker), listener, path }
      metrics.register('josephk', 'fetch', tags, {
        'records-sent-bytes-total': () => this.#of(listener)[path],
      })
    }
  }

  #of(listenerName: string): Record<SendPath, number> {
    let bytes = this.#bytes.get(listenerName)
    if (bytes === undefined) {
      bytes = { 'as-they-lie': 0, encrypted: 0, 'down-converted': 0 }
      this.#bytes.set(listenerName, bytes)
    }
    return bytes
  }
}

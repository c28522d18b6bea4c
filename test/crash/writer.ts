import { initProducerId } from '../../protocol/messages/init-producer-id.ts'
import { produce } from '../../protocol/messages/produce.ts'
import type { CompressionName } from '../../protocol/records/compression/codecs.ts'
import { encodeBatch } from '../../protocol/records/encode-batch.ts'
import type { RawClient } from '../helpers/raw-client.ts'
import { Persistent } from './persistent.ts'

/** As the Java producer: so many requests may be under way, and a broker must know all of them when they come again. */
const IN_FLIGHT = 5
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45

interface Sent {
  /** Number of its first record. */
  readonly first: number
  readonly count: number
}

export interface WriterOptions {
  readonly topic: string
  readonly recordsPerBatch: number
  readonly recordBytes: number
  readonly compression: CompressionName
}

/**
 * An idempotent producer: record n says n. What a broker that was killed has not answered is sent again, batch by batch
 * with the sequence numbers it had, before anything new.
 */
export class Writer extends Persistent {
  readonly options: WriterOptions
  /** Records that a broker has acknowledged: all below. */
  acknowledged = 0
  #next = 0
  #unanswered: Sent[] = []
  #producerId = -1
  #isFinishing = false
  /** Nothing has been refused on this connection. */
  #isRight = true

  constructor(options: WriterOptions) {
    super()
    this.options = options
  }

  /** How many records have been sent. */
  get sent(): number {
    return this.#next
  }

  /** Nothing new is sent from now on; resolves when all that was has been acknowledged. */
  async finish(): Promise<void> {
    this.#isFinishing = true
    await this.until(() => this.#unanswered.length === 0)
  }

  protected async work(client: RawClient): Promise<void> {
    if (this.#producerId < 0) {
      const { errorCode, producerId } = await client.send(initProducerId, 4, { transactionalId: null })
      if (errorCode !== 0) return
      this.#producerId = producerId
    }
    this.#isRight = true
    const underWay = new Set<Promise<void>>()
    const send = (batch: Sent) => {
      const answer = this.#send(client, batch).then(() => void underWay.delete(answer))
      underWay.add(answer)
      return answer
    }
    const again = this.#unanswered.map(send)
    await Promise.all(again)
    while (this.#isRight && this.isWanted && !this.#isFinishing) {
      const batch = { first: this.#next, count: this.options.recordsPerBatch }
      this.#next += batch.count
      this.#unanswered.push(batch)
      // It counts as unanswered when it fails.
      send(batch).catch(() => {})
      if (underWay.size >= IN_FLIGHT) await Promise.race(underWay)
    }
    await Promise.all(underWay)
  }

  async #send(client: RawClient, batch: Sent): Promise<void> {
    const { topic, recordBytes, compression } = this.options
    const records = Array.from({ length: batch.count }, (_, index) => ({
      timestamp: Date.now(),
      value: Buffer.from(`${batch.first + index}`.padEnd(recordBytes, '.')),
    }))
    const bytes = encodeBatch({
      records,
      compression,
      producerId: this.#producerId,
      producerEpoch: 0,
      baseSequence: batch.first,
    })
    const { responses } = await client.send(produce, 9, {
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: topic, partitionData: [{ index: 0, records: bytes }] }],
    })
    const { errorCode = -1, baseOffset = -1 } = responses[0]?.partitionResponses[0] ?? {}
    // What came behind one that was refused is out of order.
    if (isPassing(errorCode) || (errorCode === OUT_OF_ORDER_SEQUENCE_NUMBER && !this.#isRight)) {
      this.#isRight = false
      return
    }
    if (errorCode !== 0 || baseOffset !== batch.first) {
      throw this.fail(`${topic}: batch ${batch.first}: error ${errorCode}, offset ${baseOffset}`)
    }
    this.#unanswered = this.#unanswered.filter((other) => other !== batch)
    this.acknowledged = Math.max(this.acknowledged, batch.first + batch.count)
  }
}

/** While a broker comes up it does not lead yet: UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER. */
function isPassing(errorCode: number): boolean {
  return errorCode === 3 || errorCode === 5 || errorCode === 6
}

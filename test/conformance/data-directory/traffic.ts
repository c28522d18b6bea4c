import { addPartitionsToTxn } from '../../../protocol/messages/add-partitions-to-txn.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { deleteRecords } from '../../../protocol/messages/delete-records.ts'
import { endTxn } from '../../../protocol/messages/end-txn.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { initProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { offsetCommit } from '../../../protocol/messages/offset-commit.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { type CompressionName, CompressionType } from '../../../protocol/records/compression/codecs.ts'
import { zstdReady } from '../../../protocol/records/compression/zstd.ts'
import { type BatchInput, encodeBatch } from '../../../protocol/records/encode-batch.ts'
import type { RawClient } from '../../helpers/raw-client.ts'

/** What the broker is made to keep: every compression, several segments, transactions, deleted and compacted records. */
export const TOPICS = ['plain', 'compressed', 'transactional', 'deleted', 'compacted', 'times'] as const
export const GROUP = 'readers'
export const START_TIME = Date.UTC(2026, 0, 1)

/** The topic that is compacted is sent twice as much. */
export const COMPACTED_BYTES = 1_200_000

/** Kafka takes no smaller segments. */
const SEGMENT_BYTES = 1_048_576
const NO_PRODUCER = {}

export async function makeTraffic(client: RawClient): Promise<void> {
  await zstdReady()
  const configs = {
    compacted: [{ name: 'cleanup.policy', value: 'compact' }],
    times: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }],
  }
  const { topics } = await client.send(createTopics, 5, {
    timeoutMs: 30_000,
    topics: TOPICS.map((name) => ({
      name,
      numPartitions: 2,
      replicationFactor: 1,
      configs: [
        { name: 'segment.bytes', value: String(SEGMENT_BYTES) },
        ...((configs as Record<string, { name: string; value: string }[]>)[name] ?? []),
      ],
    })),
  })
  for (const { name, errorCode } of topics)
    if (errorCode !== 0) throw new Error(`creating ${name}: ${errorCode}`)
  const traffic = new Traffic(client)
  for (let i = 0; i < 40; i++) {
    await traffic.append('plain', i % 2, 20, 5000)
    await traffic.append('deleted', 0, 10, 10_000)
    await traffic.append('compacted', 0, 20, 3000)
    await traffic.append('times', 0, 3, 100)
  }
  for (const compression of Object.keys(CompressionType) as CompressionName[]) {
    for (let i = 0; i < 5; i++) await traffic.append('compressed', 0, 50, 500, { compression })
  }
  await traffic.deleteRecords('deleted', 137)
  await traffic.transactions('transactional')
  await traffic.commit('plain', 123)
}

class Traffic {
  readonly #client: RawClient
  #number = 0

  constructor(client: RawClient) {
    this.#client = client
  }

  async append(
    topic: string,
    partition: number,
    count: number,
    bytes: number,
    more: Partial<BatchInput> = NO_PRODUCER,
  ) {
    const records = Array.from({ length: count }, () => {
      const number = this.#number++
      const timestamp = topic === 'times' ? Date.now() : START_TIME + ((number * 7919) % 100_000)
      return { timestamp, key: Buffer.from(`k${number % 10}`), value: Buffer.alloc(bytes, `${number} `) }
    })
    const transactionalId = more.isTransactional ? 'x' : null
    const topicData = [
      { name: topic, partitionData: [{ index: partition, records: encodeBatch({ records, ...more }) }] },
    ]
    await this.#until(async () => {
      const { responses } = await this.#client.send(produce, 9, {
        transactionalId,
        acks: -1,
        timeoutMs: 30_000,
        topicData,
      })
      return responses[0]?.partitionResponses[0] as { errorCode: number }
    })
  }

  async deleteRecords(name: string, offset: number): Promise<void> {
    const topics = [{ name, partitions: [{ partitionIndex: 0, offset }] }]
    const answer = await this.#client.send(deleteRecords, 2, { topics, timeoutMs: 30_000 })
    if (answer.topics[0]?.partitions[0]?.errorCode !== 0)
      throw new Error(`${name}: ${JSON.stringify(answer)}`)
  }

  /** Committed and aborted ones, and one that is open when the broker stops. */
  async transactions(topic: string): Promise<void> {
    await this.#coordinator(1, 'x')
    const ids = await this.#until(() =>
      this.#client.send(initProducerId, 4, { transactionalId: 'x', transactionTimeoutMs: 600_000 }),
    )
    const { producerId, producerEpoch } = ids
    let baseSequence = 0
    for (let i = 0; i < 12; i++) {
      await this.#until(async () => {
        const { resultsByTopicV3AndBelow: results } = await this.#client.send(addPartitionsToTxn, 3, {
          v3AndBelowTransactionalId: 'x',
          v3AndBelowProducerId: producerId,
          v3AndBelowProducerEpoch: producerEpoch,
          v3AndBelowTopics: [{ name: topic, partitions: [0] }],
        })
        return { errorCode: results[0]?.resultsByPartition[0]?.partitionErrorCode ?? -1 }
      })
      const compression = i % 2 === 0 ? 'lz4' : 'none'
      await this.append(topic, 0, 5, 40_000, {
        producerId,
        producerEpoch,
        baseSequence,
        isTransactional: true,
        compression,
      })
      baseSequence += 5
      await this.append(topic, 0, 1, 10)
      if (i === 11) return
      await this.#until(() =>
        this.#client.send(endTxn, 3, {
          transactionalId: 'x',
          producerId,
          producerEpoch,
          committed: i % 3 !== 1,
        }),
      )
    }
  }

  async commit(topic: string, offset: number): Promise<void> {
    await this.#coordinator(0, GROUP)
    await this.#until(async () => {
      const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: 'note' }]
      const { topics } = await this.#client.send(offsetCommit, 5, {
        groupId: GROUP,
        topics: [{ name: topic, partitions }],
      })
      return topics[0]?.partitions[0] as { errorCode: number }
    })
  }

  async #coordinator(keyType: number, key: string): Promise<void> {
    await this.#until(() => this.#client.send(findCoordinator, 2, { keyType, key }))
  }

  /** Coordinators take a moment to come up, and to end what was before. */
  async #until<T extends { errorCode: number }>(ask: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + 20_000
    for (;;) {
      const answer = await ask()
      if (answer.errorCode === 0) return answer
      if (Date.now() > deadline) throw new Error(`no success: ${JSON.stringify(answer)}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

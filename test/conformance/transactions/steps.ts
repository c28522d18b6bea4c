import { coordinatorPartition } from '../../../lib/groups/coordinator-key.ts'
import { readTransaction } from '../../../lib/transactions/transaction-log.ts'
import type { TransactionMetadata } from '../../../lib/transactions/transaction-metadata.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { addOffsetsToTxn } from '../../../protocol/messages/add-offsets-to-txn.ts'
import { addPartitionsToTxn } from '../../../protocol/messages/add-partitions-to-txn.ts'
import { describeProducers } from '../../../protocol/messages/describe-producers.ts'
import { describeTransactions } from '../../../protocol/messages/describe-transactions.ts'
import { endTxn } from '../../../protocol/messages/end-txn.ts'
import { fetch } from '../../../protocol/messages/fetch.ts'
import { initProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { listOffsets } from '../../../protocol/messages/list-offsets.ts'
import { listTransactions } from '../../../protocol/messages/list-transactions.ts'
import { offsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { txnOffsetCommit } from '../../../protocol/messages/txn-offset-commit.ts'
import { writeTxnMarkers } from '../../../protocol/messages/write-txn-markers.ts'
import { BatchCursor } from '../../../protocol/records/batch-cursor.ts'
import { decodeEndTxnMarker } from '../../../protocol/records/control.ts'
import { type DecodedBatch, decodeBatch } from '../../../protocol/records/decode-batch.ts'
import { type BatchInput, encodeBatch } from '../../../protocol/records/encode-batch.ts'
import type { Api, Decoded, Encodable } from '../../../protocol/schema.ts'
import type { Peer } from './peer.ts'
import type { Transcript } from './transcript.ts'

export interface Script {
  readonly name: string
  run(steps: Steps): Promise<void>
}

export interface Producer {
  readonly producerId: number
  readonly producerEpoch: number
}

interface MarkerRequest {
  readonly transactionResult: boolean
  readonly coordinatorEpoch: number
  readonly transactionVersion: number
  readonly topics: { name: string; partitionIndexes: number[] }[]
}

const READ_COMMITTED = 1
const MAX_BATCH_BYTES = 1_000_000
const ENDING = new Set(['PrepareCommit', 'PrepareAbort'])

/** The words scripts are written in: whatever is asked and answered goes to the transcript. */
export class Steps {
  readonly peer: Peer
  /** The script's own. */
  readonly id: string
  readonly topic: string
  readonly #transcript: Transcript

  constructor(peer: Peer, name: string, transcript: Transcript) {
    this.peer = peer
    this.id = name
    this.topic = name
    this.#transcript = transcript
  }

  note<T>(label: string, value: T): T {
    return this.#transcript.add(label, value)
  }

  async ask<A extends Api>(
    label: string,
    api: A,
    version: number,
    request: Encodable<A['request']>,
  ): Promise<Decoded<A['response']>> {
    return this.note(`${label} (${api.name} v${version})`, await this.peer.send(api, version, request))
  }

  init(label: string, request: Encodable<(typeof initProducerId)['request']> = {}, version = 5) {
    const { id: transactionalId } = this
    return this.ask(label, initProducerId, version, {
      transactionalId,
      transactionTimeoutMs: 30_000,
      ...request,
    })
  }

  /** Takes the id over, however often that has to be tried. */
  async takeOver(label: string): Promise<Producer> {
    let taken: Producer = { producerId: -1, producerEpoch: -1 }
    await this.peer.until('a producer id', async () => {
      const { id: transactionalId } = this
      const request = { transactionalId, transactionTimeoutMs: 30_000 }
      const answer = await this.peer.send(initProducerId, 5, request)
      taken = { producerId: answer.producerId, producerEpoch: answer.producerEpoch }
      return answer.errorCode === ErrorCode.NONE
    })
    return this.note(label, taken)
  }

  /** As clients ask it, up to v3. */
  add(label: string, producer: Producer, topics: [topic: string, ...partitions: number[]][], version = 3) {
    return this.ask(label, addPartitionsToTxn, version, {
      v3AndBelowTransactionalId: this.id,
      v3AndBelowProducerId: producer.producerId,
      v3AndBelowProducerEpoch: producer.producerEpoch,
      v3AndBelowTopics: topics.map(([name, ...partitions]) => ({ name, partitions })),
    })
  }

  addOffsets(label: string, producer: Producer, version = 4) {
    const { producerId, producerEpoch } = producer
    const request = { transactionalId: this.id, producerId, producerEpoch, groupId: this.id }
    return this.ask(label, addOffsetsToTxn, version, request)
  }

  /** One batch of a record to partition 0 of the script's topic. */
  async send(
    label: string,
    producer: Producer,
    {
      sequence = 0,
      partition = 0,
      transactionalId = this.id as string | null,
      batch = {},
    }: {
      sequence?: number
      partition?: number
      transactionalId?: string | null
      batch?: Partial<BatchInput>
    } = {},
    version = 12,
  ) {
    const { producerId, producerEpoch } = producer
    const records = encodeBatch({
      records: [{ timestamp: Date.now(), key: null, value: Buffer.from(label) }],
      producerId,
      producerEpoch,
      baseSequence: sequence,
      isTransactional: true,
      ...batch,
    })
    return this.ask(label, produce, version, {
      transactionalId,
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: this.topic, partitionData: [{ index: partition, records }] }],
    })
  }

  /** When the answer is NONE, the markers have been written on return. */
  async end(label: string, producer: Producer, committed: boolean, version = 5) {
    const { producerId, producerEpoch } = producer
    const request = { transactionalId: this.id, producerId, producerEpoch, committed }
    const answer = await this.ask(label, endTxn, version, request)
    await this.settled()
    return answer
  }

  /** Waits until no transaction of the id is ending. */
  settled(): Promise<void> {
    return this.peer.until('the end of a transaction', async () => {
      const { transactionStates } = await this.peerDescribe()
      return !ENDING.has(transactionStates[0]?.transactionState ?? '')
    })
  }

  commitOffset(
    label: string,
    producer: Producer,
    request: Encodable<(typeof txnOffsetCommit)['request']> = {},
    version = 5,
  ) {
    const { producerId, producerEpoch } = producer
    return this.ask(label, txnOffsetCommit, version, {
      transactionalId: this.id,
      groupId: this.id,
      producerId,
      producerEpoch,
      topics: [
        { name: this.topic, partitions: [{ partitionIndex: 0, committedOffset: 7, committedMetadata: 'm' }] },
      ],
      ...request,
    })
  }

  async offsets(label: string, requireStable = false) {
    const topics = [{ name: this.topic, partitionIndexes: [0, 1] }]
    const groups = [{ groupId: this.id, topics }]
    const answer = await this.peer.send(offsetFetch, 8, { requireStable, groups })
    return this.note(label, answer.groups[0]?.topics)
  }

  marker(
    label: string,
    { producerId, producerEpoch }: Producer,
    more: Partial<MarkerRequest> = {},
    version = 2,
  ) {
    const { transactionVersion, ...fields } = more
    return this.ask(label, writeTxnMarkers, version, {
      markers: [
        {
          producerId,
          producerEpoch,
          transactionResult: false,
          topics: [{ name: this.topic, partitionIndexes: [0] }],
          coordinatorEpoch: 0,
          ...(version >= 2 ? { transactionVersion: transactionVersion ?? 0 } : {}),
          ...fields,
        },
      ],
    })
  }

  describe(label: string, ...transactionalIds: string[]) {
    const ids = transactionalIds.length > 0 ? transactionalIds : [this.id]
    return this.ask(label, describeTransactions, 0, { transactionalIds: ids })
  }

  /** The same, without a word in the transcript. */
  peerDescribe() {
    return this.peer.send(describeTransactions, 0, { transactionalIds: [this.id] })
  }

  /** Of those whose names begin with the script's. */
  async list(label: string, request: Encodable<(typeof listTransactions)['request']> = {}, version = 2) {
    const { transactionStates, ...rest } = await this.peer.send(listTransactions, version, request)
    const own = transactionStates.filter(({ transactionalId }) => transactionalId.startsWith(this.id))
    this.note(label, { ...rest, transactionStates: own })
  }

  producers(label: string, topics?: { name: string; partitionIndexes: number[] }[]) {
    const own = [{ name: this.topic, partitionIndexes: [0, 1] }]
    return this.ask(label, describeProducers, 0, { topics: topics ?? own })
  }

  /** What lies in partition 0 of the script's topic, and what of it is committed. */
  async log(label: string): Promise<void> {
    const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }
    const topics = [{ topic: this.topic, partitions: [partition] }]
    for (const isolationLevel of [0, READ_COMMITTED]) {
      const request = { replicaId: -1, maxWaitMs: 0, maxBytes: 1_000_000, isolationLevel, topics }
      const { responses } = await this.peer.send(fetch, 11, request)
      const { records, highWatermark, lastStableOffset, abortedTransactions } =
        responses[0]?.partitions[0] ?? {}
      const batches = batchesOf(records ?? Buffer.alloc(0)).map(summary)
      const read = { highWatermark, lastStableOffset, abortedTransactions, batches }
      this.note(`${label}, isolation ${isolationLevel}`, read)
      const asked = [{ name: this.topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
      const latest = await this.peer.send(listOffsets, 7, { replicaId: -1, isolationLevel, topics: asked })
      this.note(`${label}, end for isolation ${isolationLevel}`, latest.topics[0]?.partitions[0]?.offset)
    }
  }

  /** What the coordinator has stored of the script's id. */
  async stored(label: string): Promise<void> {
    const topic = '__transaction_state'
    const partition = coordinatorPartition(this.id, 1)
    const topics = [{ topic, partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 10_000_000 }] }]
    const { responses } = await this.peer.send(fetch, 11, { maxWaitMs: 0, maxBytes: 10_000_000, topics })
    for (const { records } of batchesOf(responses[0]?.partitions[0]?.records ?? Buffer.alloc(0))) {
      for (const { key, value } of records) {
        const loaded = readTransaction(key, value)
        if (loaded?.transactionalId !== this.id) continue
        // The last two are never stored.
        const { partitions, lastProducerEpoch, hasFailedEpochFence, ...fields } = (loaded.metadata ??
          {}) as Partial<TransactionMetadata>
        this.note(label, {
          version: value?.readInt16BE(0),
          ...fields,
          partitions: [...(partitions ?? [])].map((each) => each.join('-')).sort(),
        })
      }
    }
  }
}

function batchesOf(records: Buffer): DecodedBatch[] {
  const cursor = new BatchCursor(records)
  const batches: DecodedBatch[] = []
  while (cursor.next()) batches.push(decodeBatch(records, cursor.position, MAX_BATCH_BYTES))
  return batches
}

function summary(batch: DecodedBatch) {
  const { baseOffset, lastOffset, isTransactional, isControl, producerId, producerEpoch, baseSequence } =
    batch
  const [first] = batch.records
  const says = isControl
    ? decodeEndTxnMarker(first?.key ?? null, first?.value ?? null)
    : (first?.value?.toString() ?? null)
  return { baseOffset, lastOffset, isTransactional, isControl, producerId, producerEpoch, baseSequence, says }
}

import { doesNotMatch, equal, match } from 'node:assert/strict'
import { findCoordinator } from '../../../../protocol/messages/find-coordinator.ts'
import { initProducerId } from '../../../../protocol/messages/init-producer-id.ts'
import { listOffsets } from '../../../../protocol/messages/list-offsets.ts'
import { produce } from '../../../../protocol/messages/produce.ts'
import { encodeBatch } from '../../../../protocol/records/encode-batch.ts'
import { RawClient } from '../../../helpers/raw-client.ts'
import type { Tools } from './tool.ts'

const HOUR_MS = 3_600_000
const TIMEOUT_MS = 600_000
const VERIFICATION = 'transaction.partition.verification.enable'
const IMPLICIT = 12
const VERIFIED = 11

/** kafka-transactions: list, describe, producers; a transaction that nobody will end is found and aborted; one is terminated. */
export async function transactions(tools: Tools, prefix: string): Promise<void> {
  const run = (...args: string[]) => tools.run('kafka-transactions', ...args)
  const topic = `${prefix}-topic`
  await tools.run(
    'kafka-topics',
    '--create',
    '--topic',
    topic,
    '--partitions',
    '2',
    '--replication-factor',
    '1',
  )
  await using client = await RawClient.connect(tools.bootstrapServers)
  const open = new Producer(client, `${prefix}-open`, topic)
  await open.begin()
  equal(await open.write(0, IMPLICIT), 0)

  match(await run('list'), new RegExp(`^${prefix}-open\\s+\\d+\\s+${open.producerId}\\s+Ongoing`, 'm'))
  doesNotMatch(await run('list', '--duration-filter', String(HOUR_MS)), new RegExp(`${prefix}-open`))
  match(await run('list', '--transactional-id-pattern', `${prefix}-o.*`), new RegExp(`^${prefix}-open`, 'm'))
  const described = await run('describe', '--transactional-id', `${prefix}-open`)
  match(described, new RegExp(`${open.producerId}\\s+0\\s+Ongoing\\s+${TIMEOUT_MS}\\s+.*${topic}-0`))
  const onPartition = ['--topic', topic, '--partition']
  match(await run('describe-producers', ...onPartition, '0'), new RegExp(`^${open.producerId}\\s+0\\s+`, 'm'))

  // What a broker before 3.6 would have let happen: records of a transaction that its coordinator does not know of.
  const onAll = ['--entity-type', 'brokers', '--entity-default', '--alter']
  await tools.run('kafka-configs', ...onAll, '--add-config', `${VERIFICATION}=false`)
  const hanging = new Producer(client, `${prefix}-hanging`, topic)
  await hanging.begin()
  let error = -1
  // Brokers take a moment to hear of the config.
  for (let tries = 0; tries < 100 && error !== 0; tries++) {
    error = await hanging.write(1, VERIFIED)
    if (error !== 0) await new Promise((resolve) => setTimeout(resolve, 100))
  }
  equal(error, 0)
  await tools.run('kafka-configs', ...onAll, '--delete-config', VERIFICATION)
  equal(await lastStableOffset(client, topic, 1), 0)
  match(
    await run('find-hanging', '--topic', topic),
    new RegExp(`^${topic}\\s+1\\s+${hanging.producerId}\\s+0\\s+`, 'm'),
  )
  await run('abort', ...onPartition, '1', '--start-offset', '0')
  equal(await lastStableOffset(client, topic, 1), 2)
  doesNotMatch(await run('find-hanging', '--topic', topic), new RegExp(`^${topic}`, 'm'))
  await tools.refused(
    /Could not find any open transactions starting at offset 0 on partition/,
    ...(['kafka-transactions', 'abort', ...onPartition, '1', '--start-offset', '0'] as const),
  )

  await run('forceTerminateTransaction', '--transactionalId', `${prefix}-open`)
  doesNotMatch(await run('describe', '--transactional-id', `${prefix}-open`), /Ongoing/)
  equal(await open.write(0, IMPLICIT), 47)
}

async function lastStableOffset(client: RawClient, topic: string, partition: number) {
  const topics = [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: -1 }] }]
  const { topics: answers } = await client.send(listOffsets, 7, { replicaId: -1, isolationLevel: 1, topics })
  return answers[0]?.partitions[0]?.offset
}

/** A producer on the one connection there is: the cluster has one broker. */
class Producer {
  producerId = -1
  readonly #client: RawClient
  readonly #transactionalId: string
  readonly #topic: string

  constructor(client: RawClient, transactionalId: string, topic: string) {
    this.#client = client
    this.#transactionalId = transactionalId
    this.#topic = topic
  }

  async begin(): Promise<void> {
    const request = { transactionalId: this.#transactionalId, transactionTimeoutMs: TIMEOUT_MS }
    for (let tries = 0; tries < 100 && this.producerId < 0; tries++) {
      await this.#client.send(findCoordinator, 4, { keyType: 1, coordinatorKeys: [this.#transactionalId] })
      this.producerId = (await this.#client.send(initProducerId, 5, request)).producerId
      if (this.producerId < 0) await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  /** Of an hour ago, so that the transaction looks old; the error code. */
  async write(partition: number, version: number): Promise<number> {
    const records = encodeBatch({
      records: [{ timestamp: Date.now() - HOUR_MS, key: null, value: Buffer.from('value') }],
      producerId: this.producerId,
      producerEpoch: 0,
      baseSequence: 0,
      isTransactional: true,
    })
    const { responses } = await this.#client.send(produce, version, {
      transactionalId: this.#transactionalId,
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: this.#topic, partitionData: [{ index: partition, records }] }],
    })
    return responses[0]?.partitionResponses[0]?.errorCode ?? -1
  }
}

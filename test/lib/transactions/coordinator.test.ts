import t, { type Test } from 'tap'
import type { ProducerIdAndEpoch } from '../../../lib/transactions/init-producer-id.ts'
import { TRANSACTION_STATES, type TransactionState } from '../../../lib/transactions/state.ts'
import { readTransaction } from '../../../lib/transactions/transaction-log.ts'
import {
  created,
  prepared,
  type TransactionMetadata,
} from '../../../lib/transactions/transaction-metadata.ts'
import { type ErrorName, errorName } from '../../../protocol/errors.ts'
import { BatchCursor } from '../../../protocol/records/batch-cursor.ts'
import { decodeRecords } from '../../../protocol/records/decode-batch.ts'
import { TransactionRig, type TransactionRigOptions } from '../../helpers/transactions/transaction-rig.ts'

/* What is answered to whom is compared with Kafka in test/conformance/transactions; here is what takes time, moves or many requests. */

const DAY_MS = 86_400_000
const MAX_BYTES = 100_000_000
const LAST_EPOCH = 32_766

function setUp(t: Test, options: TransactionRigOptions = {}) {
  const rig = new TransactionRig(options)
  rig.createTopic('input', [1, 2])
  rig.createTopic('data', [1], [2])
  t.teardown(() => rig.close())
  return rig
}

function write(rig: TransactionRig, id: string, producer: ProducerIdAndEpoch, partition = 0, sequence = 0) {
  return rig.produce(id, producer, { topic: 'data', partition, sequence, value: `${id}${sequence}` })
}

function known(rig: TransactionRig, id: string): TransactionMetadata | undefined {
  return rig.transactions.shardFor(id)?.transactions.get(id)
}

function stateOf(rig: TransactionRig, id: string): string | undefined {
  return known(rig, id)?.state
}

/** What the log says of the id, from first to last; null: forgotten. */
function stored(rig: TransactionRig, id: string): (string | null)[] {
  const bytes = Buffer.concat(rig.log('__transaction_state').read(0, MAX_BYTES, 'log-end', true).records)
  const cursor = new BatchCursor(bytes)
  const states: (string | null)[] = []
  while (cursor.next()) {
    for (const { key, value } of decodeRecords(bytes, cursor.position, MAX_BYTES)) {
      const loaded = readTransaction(key, value)
      if (loaded?.transactionalId === id) states.push(loaded.metadata?.state ?? null)
    }
  }
  return states
}

function moveCoordinator(rig: TransactionRig): void {
  const { isr, leader } = rig.state('__transaction_state')
  rig.controller.moveLeader('__transaction_state', 0, isr.find((each) => each !== leader) as number)
}

/** As if the id had been taken over that often. */
function atLastEpoch(rig: TransactionRig, id: string): ProducerIdAndEpoch {
  const { producerId } = rig.init(id)
  const metadata = known(rig, id) as TransactionMetadata
  rig.transactions.shardFor(id)?.write({ ...metadata, producerEpoch: LAST_EPOCH })
  return { producerId, producerEpoch: LAST_EPOCH }
}

function nameOf({ errorCode }: { readonly errorCode: number }): ErrorName {
  return errorName(errorCode)
}

t.test('the table: nothing is reached but from its valid previous states', async (t) => {
  const states = Object.keys(TRANSACTION_STATES) as TransactionState[]
  t.equal(new Set(states.map((state) => TRANSACTION_STATES[state].id)).size, states.length)
  const fresh = created('id', 1, 1000, 0)
  for (const state of states) {
    const prepare = () => prepared({ ...fresh, state, producerEpoch: 0 }, 'PrepareCommit', 2, -1, 0)
    if (state === 'Ongoing') t.equal(prepare().state, 'PrepareCommit')
    else t.throws(prepare, new RegExp(`cannot go from ${state} to PrepareCommit`))
  }
  for (const state of ['PrepareCommit', 'PrepareAbort'] as const) {
    t.notOk(TRANSACTION_STATES[state].isExpirationAllowed)
    t.notOk(TRANSACTION_STATES.Empty.validPreviousStates.includes(state))
  }
})

t.test('a transaction whose marker cannot be written goes on at the next coordinator', async (t) => {
  const rig = setUp(t, { brokers: 3 })
  const producer = rig.init('id')
  t.equal(write(rig, 'id', producer, 0), 0)
  t.equal(write(rig, 'id', producer, 1), 0)
  t.equal(rig.commitOffset('id', producer, 7), 0)
  rig.stopBroker(2)
  t.equal(nameOf(rig.end('id', producer, true)), 'NONE', 'what is decided is decided')
  t.equal(stateOf(rig, 'id'), 'PrepareCommit')
  t.same([...(known(rig, 'id')?.partitions ?? [])], [['data', 1]], 'the others have theirs')
  t.equal(rig.committedOffset('id'), 7)
  t.same(rig.readCommitted('data', 0), ['id0'])
  t.equal(nameOf(rig.end('id', producer, true)), 'CONCURRENT_TRANSACTIONS')
  t.equal(nameOf(rig.init('id')), 'CONCURRENT_TRANSACTIONS')
  t.equal(errorName(rig.add('id', { ...producer, producerEpoch: 1 }, 'data', 0)), 'CONCURRENT_TRANSACTIONS')

  moveCoordinator(rig)
  t.equal(stateOf(rig, 'id'), 'PrepareCommit')
  for (const nodeId of [1, 3]) rig.stopBroker(nodeId)
  t.equal(nameOf(rig.init('id')), 'NOT_COORDINATOR', 'now there is none')
  rig.startBroker(2)
  for (const nodeId of [1, 3]) rig.startBroker(nodeId)
  t.equal(stateOf(rig, 'id'), 'CompleteCommit')
  t.same(rig.readCommitted('data', 1), ['id0'])
  t.same(stored(rig, 'id'), ['Empty', 'Ongoing', 'Ongoing', 'Ongoing', 'PrepareCommit', 'CompleteCommit'])
  const repeated = rig.end('id', producer, true)
  t.same([repeated.errorCode, repeated.producerEpoch], [0, 1], 'the producer asks again and is told')
})

t.test('all that is stored is there at the next coordinator', async (t) => {
  const rig = setUp(t)
  const producers = ['empty', 'open', 'old', 'done', 'undone'].map((id) => [id, rig.init(id)] as const)
  for (const [id, producer] of producers) {
    if (id === 'old') rig.add(id, producer, 'data', 0, 1)
    else if (id !== 'empty') write(rig, id, producer)
    if (id === 'done') rig.end(id, producer, true)
    if (id === 'undone') rig.end(id, producer, false)
  }
  const before = new Map(producers.map(([id]) => [id, known(rig, id) as TransactionMetadata]))
  moveCoordinator(rig)
  for (const [id] of producers) {
    const was = before.get(id) as TransactionMetadata
    // The epoch before is forgotten: a producer that did not get its answer is fenced then (KIP-360).
    t.same(known(rig, id), { ...was, lastProducerEpoch: -1, partitions: known(rig, id)?.partitions })
    t.same([...(known(rig, id)?.partitions ?? [])], [...was.partitions])
  }
  const [, open] = producers[1] as (typeof producers)[number]
  t.equal(write(rig, 'open', open, 0, 1), 0, 'the open one goes on')
  t.equal(nameOf(rig.end('open', open, true)), 'NONE')
  t.ok(rig.readCommitted('data').includes('open1'))
})

t.test('time: what is open for too long is aborted, also at a coordinator that nobody asks', async (t) => {
  const rig = setUp(t)
  const producer = rig.init('id', undefined, 30_000)
  write(rig, 'id', producer)
  rig.clock.advance(29_000)
  moveCoordinator(rig)
  t.equal(stateOf(rig, 'id'), 'Ongoing')
  rig.clock.advance(11_000)
  t.equal(stateOf(rig, 'id'), 'CompleteAbort')
  t.same(rig.readCommitted('data'), [])
  t.equal(errorName(write(rig, 'id', producer, 0, 1)), 'INVALID_PRODUCER_EPOCH')
  t.equal(nameOf(rig.end('id', producer, true)), 'INVALID_TXN_STATE')
  const next = rig.init('id', producer)
  t.same([nameOf(next), next.producerEpoch], ['NONE', 1], 'it goes on with the epoch that the abort raised')
  t.equal(rig.init('id').producerEpoch, 2)
  t.equal(rig.clock.pendingTimers, 2, 'the sweeps of one coordinator, and no more')
})

t.test('a transactional id that nobody uses is forgotten after seven days, in the log too', async (t) => {
  const rig = setUp(t)
  const producer = rig.init('id')
  rig.init('open', undefined, 900_000)
  write(rig, 'id', producer)
  rig.end('id', producer, true)
  rig.clock.advance(7 * DAY_MS - 3_600_000)
  t.equal(stateOf(rig, 'id'), 'CompleteCommit')
  rig.clock.advance(3_600_000)
  t.equal(stateOf(rig, 'id'), undefined)
  t.equal(stored(rig, 'id').at(-1), null)
  moveCoordinator(rig)
  t.equal(stateOf(rig, 'id'), undefined)
  const again = rig.init('id', { producerId: producer.producerId, producerEpoch: 1 })
  t.equal(nameOf(again), 'NONE', 'who comes back late gets a new producer id (KIP-360)')
  t.not(again.producerId, producer.producerId)
})

t.test('epochs are used up', async (t) => {
  t.test('with each end raising the epoch', async (t) => {
    const rig = setUp(t)
    const producer = atLastEpoch(rig, 'id')
    t.equal(write(rig, 'id', producer), 0)
    const ended = rig.end('id', producer, true)
    t.same([nameOf(ended), ended.producerEpoch], ['NONE', 0])
    t.not(ended.producerId, producer.producerId)
    t.same(rig.readCommitted('data'), ['id0'])
    t.same(rig.end('id', producer, true), ended, 'told again')
    t.equal(nameOf(rig.end('id', producer, false)), 'INVALID_TXN_STATE')
    t.equal(write(rig, 'id', ended), 0)
    t.equal(nameOf(rig.end('id', ended, false)), 'NONE')
    t.equal(errorName(write(rig, 'id', producer, 0, 1)), 'INVALID_PRODUCER_EPOCH')
  })

  t.test('by an abort on behalf of another', async (t) => {
    const rig = setUp(t)
    const producer = atLastEpoch(rig, 'id')
    write(rig, 'id', producer)
    t.equal(nameOf(rig.init('id')), 'CONCURRENT_TRANSACTIONS')
    t.match(known(rig, 'id'), {
      state: 'CompleteAbort',
      producerEpoch: 0,
      previousProducerId: producer.producerId,
    })
    t.same(rig.readCommitted('data'), [])
    t.equal(rig.init('id').producerEpoch, 1)
  })

  t.test('as of old', async (t) => {
    const rig = setUp(t)
    rig.metadata.commit([{ type: 'FeatureLevelRecord', name: 'transaction.version', featureLevel: 0 }])
    const producer = atLastEpoch(rig, 'id')
    const next = rig.init('id', producer)
    t.same([nameOf(next), next.producerEpoch], ['NONE', 0])
    t.not(next.producerId, producer.producerId)
    t.same(rig.init('id', producer), { ...next, producerEpoch: 0 }, 'the answer was lost')
    rig.add('id', next, 'data', 0)
    t.equal(nameOf(rig.end('id', next, true, 0)), 'NONE')
  })
})

t.test('a coordinator without replicas enough', async (t) => {
  const rig = setUp(t, { configs: { 'transaction.state.log.min.isr': '2' } })
  const producer = rig.init('id')
  t.equal(write(rig, 'id', producer), 0)
  rig.metadata.commit([{ type: 'FeatureLevelRecord', name: 'transaction.version', featureLevel: 1 }])
  rig.stopBroker(2)
  t.equal(nameOf(rig.end('id', producer, true)), 'COORDINATOR_NOT_AVAILABLE')
  t.equal(errorName(rig.add('id', producer, 'data', 1)), 'COORDINATOR_NOT_AVAILABLE')
  t.equal(stateOf(rig, 'id'), 'Ongoing', 'nothing has changed')
  t.equal(nameOf(rig.init('id')), 'COORDINATOR_NOT_AVAILABLE')
  t.equal(nameOf(rig.end('id', producer, true)), 'PRODUCER_FENCED', 'but the first has lost its epoch')
  t.equal(nameOf(rig.init('id')), 'COORDINATOR_NOT_AVAILABLE')
  rig.startBroker(2)
  t.equal(nameOf(rig.init('id')), 'CONCURRENT_TRANSACTIONS')
  t.equal(known(rig, 'id')?.producerEpoch, 1, 'raised once, however often it was tried')
  t.same(rig.readCommitted('data'), [])
  t.equal(rig.init('id').producerEpoch, 2)
})

t.test('a topic that is deleted needs no marker', async (t) => {
  const rig = setUp(t)
  const producer = rig.init('id')
  write(rig, 'id', producer, 1)
  rig.stopBroker(2)
  rig.end('id', producer, true)
  t.equal(stateOf(rig, 'id'), 'PrepareCommit')
  rig.controller.deleteTopics([rig.state('data').topicId])
  t.equal(stateOf(rig, 'id'), 'CompleteCommit')
})

t.test('an older coordinator, and one that a later transaction has overtaken, change nothing', async (t) => {
  const rig = setUp(t)
  const producer = rig.init('id')
  write(rig, 'id', producer, 1)
  const marker = {
    ...producer,
    producerEpoch: 5,
    coordinatorEpoch: 9,
    committed: false,
    transactionVersion: 2,
  }
  t.equal(
    rig.transactions.writeMarker(2, 'data', 1, marker),
    0,
    'an administrator aborts it in the partition',
  )
  t.equal(nameOf(rig.end('id', producer, true)), 'NONE')
  t.equal(stateOf(rig, 'id'), 'PrepareCommit', 'and the coordinator gives up')
  t.same(rig.readCommitted('data', 1), [])
})

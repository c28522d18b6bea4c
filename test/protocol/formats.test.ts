import t from 'tap'
import { offsetCommit } from '../../protocol/formats/consumer-offsets/offset-commit.ts'
import {
  connectAssignment,
  consumerOffsetsRecords,
  consumerProtocolSubscription,
  decodeRecordKey,
  decodeVersioned,
  encodeRecordKey,
  encodeVersioned,
  ProtocolError,
  shareGroupStateRecords,
  transactionStateRecords,
} from '../../protocol/index.ts'

t.test('a value behind the int16 of its version', async (t) => {
  const bytes = encodeVersioned(consumerProtocolSubscription, 1, { topics: ['orders'] })
  t.equal(bytes.toString('hex'), '00010000000100066f7264657273ffffffff00000000')
  t.match(decodeVersioned(consumerProtocolSubscription, bytes), {
    version: 1,
    value: { topics: ['orders'], userData: null, ownedPartitions: [], generationId: -1 },
  })

  bytes.writeInt16BE(9)
  const refused = {
    name: 'ProtocolError',
    message: 'ConsumerProtocolSubscription has versions 0 to 3, not 9',
  }
  t.throws(() => decodeVersioned(consumerProtocolSubscription, bytes), refused)
  bytes.writeInt16BE(-1)
  t.throws(() => decodeVersioned(consumerProtocolSubscription, bytes, 'as-newest'), ProtocolError)
  t.throws(() => decodeVersioned(consumerProtocolSubscription, bytes.subarray(0, 1)), ProtocolError)
  t.throws(() => encodeVersioned(consumerProtocolSubscription, 9, {}), RangeError)
})

t.test('a newer version is read as the newest known where its protocol says so', async (t) => {
  const given = { leader: 'worker-1', assignment: [{ connector: 'sink', tasks: [-1, 0] }], delay: 5 }
  const bytes = encodeVersioned(connectAssignment, 2, given)
  bytes.writeInt16BE(3)
  t.match(decodeVersioned(connectAssignment, bytes, 'as-newest'), { version: 3, value: given })
  t.throws(() => decodeVersioned(connectAssignment, bytes), ProtocolError)
})

t.test("the key of a coordinator's record begins with its type", async (t) => {
  const key = { group: 'billing', topic: 'orders', partition: 3 }
  const bytes = encodeRecordKey(offsetCommit, key)
  t.equal(bytes.toString('hex'), '0001000762696c6c696e6700066f726465727300000003')
  const found = decodeRecordKey(consumerOffsetsRecords, bytes)
  t.equal(found?.record, offsetCommit)
  t.same(found?.key, key)
  const value = encodeVersioned(offsetCommit.value, 1, { offset: 42, metadata: 'note', commitTimestamp: 7 })
  t.match(decodeVersioned(found!.record.value, value), {
    version: 1,
    value: { offset: 42, metadata: 'note' },
  })

  bytes.writeInt16BE(999)
  t.equal(decodeRecordKey(consumerOffsetsRecords, bytes), undefined, 'a newer broker may have written it')
  t.throws(() => decodeRecordKey(consumerOffsetsRecords, bytes.subarray(0, 1)), ProtocolError)
  bytes.writeInt16BE(1)
  t.throws(() => decodeRecordKey(consumerOffsetsRecords, bytes.subarray(0, 9)), ProtocolError)
})

t.test('no two records of a log have the same type', async (t) => {
  for (const log of [consumerOffsetsRecords, transactionStateRecords, shareGroupStateRecords]) {
    t.equal(new Set(log.map(({ type }) => type)).size, log.length)
  }
})

import t from 'tap'
import { ProtocolError } from '../../../protocol/error.ts'
import {
  type ControlRecordName,
  ControlRecordType,
  controlRecordKey,
  controlRecordName,
  decodeEndTxnMarker,
  encodeEndTxnMarkerBatch,
} from '../../../protocol/records/control.ts'
import { decodeBatch } from '../../../protocol/records/decode-batch.ts'
import { ensureValid } from '../../../protocol/records/validate-batch.ts'

t.test('keys name their type; types of the future are unknown, not errors', async (t) => {
  for (const name of Object.keys(ControlRecordType) as ControlRecordName[]) {
    t.equal(controlRecordName(controlRecordKey(name)), name)
  }
  t.equal(controlRecordKey('LEADER_CHANGE').toString('hex'), '00000002')
  t.equal(controlRecordName(Buffer.from('00000063', 'hex')), 'UNKNOWN')
  t.equal(controlRecordName(Buffer.from('0007000100', 'hex')), 'COMMIT', 'a newer key may be longer')
  for (const key of [null, Buffer.alloc(3), Buffer.from('ffff0000', 'hex')]) {
    t.throws(() => controlRecordName(key), ProtocolError)
  }
})

t.test('the marker that ends a transaction', async (t) => {
  const bytes = encodeEndTxnMarkerBatch({
    type: 'ABORT',
    coordinatorEpoch: 12,
    producerId: 4000,
    producerEpoch: 7,
    timestamp: 99,
    baseOffset: 1234,
    partitionLeaderEpoch: 3,
  })
  t.equal(ensureValid(bytes, 0), null)
  const batch = decodeBatch(bytes, 0, 0)
  t.match(batch, {
    baseOffset: 1234,
    lastOffset: 1234,
    partitionLeaderEpoch: 3,
    producerId: 4000,
    producerEpoch: 7,
    baseSequence: -1,
    isTransactional: true,
    isControl: true,
    maxTimestamp: 99,
  })
  const record = batch.records[0]!
  t.same(decodeEndTxnMarker(record.key, record.value), { type: 'ABORT', coordinatorEpoch: 12 })
  t.throws(() => decodeEndTxnMarker(controlRecordKey('LEADER_CHANGE'), record.value), ProtocolError)
  for (const value of [null, Buffer.alloc(5), Buffer.from('ffff00000000', 'hex')]) {
    t.throws(() => decodeEndTxnMarker(record.key, value), ProtocolError)
  }
})

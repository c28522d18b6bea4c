import { array, int8, int16, int32, int64, string } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** The state of one transactional id: producer id and epoch, state, partitions. */
export const transactionLog = coordinatorRecord({
  type: 0,
  name: 'TransactionLog',
  key: {
    transactionalId: string('0+'),
  },
  versions: '0-1',
  flexible: '1+',
  value: {
    producerId: int64('0+'),
    previousProducerId: int64('1+', { tag: 0, default: -1 }),
    nextProducerId: int64('1+', { tag: 1, default: -1 }),
    producerEpoch: int16('0+'),
    nextProducerEpoch: int16('1+', { tag: 3, default: -1 }),
    transactionTimeoutMs: int32('0+'),
    transactionStatus: int8('0+'),
    transactionPartitions: array(
      '0+',
      { nullable: '0+' },
      {
        topic: string('0+'),
        partitionIds: array('0+', int32()),
      },
    ),
    transactionLastUpdateTimestampMs: int64('0+'),
    transactionStartTimestampMs: int64('0+'),
    clientTransactionVersion: int16('1+', { tag: 2, default: 0 }),
  },
})

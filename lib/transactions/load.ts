import { lastOffset } from '../../protocol/records/batch.ts'
import { BatchCursor } from '../../protocol/records/batch-cursor.ts'
import { decodeRecords } from '../../protocol/records/decode-batch.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { readTransaction } from './transaction-log.ts'
import type { TransactionMetadata } from './transaction-metadata.ts'

const READ_BYTES = 5 * 1024 * 1024

/** What the records of a partition of `__transaction_state` tell, the last one of each transactional id. */
export function loadTransactions(log: PartitionLog, into: Map<string, TransactionMetadata>): void {
  let offset = log.logStartOffset
  while (offset < log.logEndOffset) {
    const { records } = log.read(offset, READ_BYTES, 'log-end', true)
    if (records.length === 0) return
    const bytes = Buffer.concat(records)
    const cursor = new BatchCursor(bytes)
    while (cursor.next()) {
      for (const record of decodeRecords(bytes, cursor.position, READ_BYTES)) {
        const loaded = readTransaction(record.key, record.value)
        if (loaded?.metadata) into.set(loaded.transactionalId, loaded.metadata)
        else if (loaded) into.delete(loaded.transactionalId)
      }
      offset = lastOffset(bytes, cursor.position) + 1
    }
  }
}

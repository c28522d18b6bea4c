import { bool, clusterWide, int, internal, short } from '../config-def.ts'
import { atLeast } from '../validators.ts'

/** Transactions and producer ids (TransactionLogConfig, TransactionStateManagerConfig, AddPartitionsToTxnConfig). */
export const TRANSACTION_CONFIGS = {
  'transaction.state.log.min.isr': int(2, atLeast(1)),
  'transaction.state.log.load.buffer.size': int(5_242_880, atLeast(1)),
  'transaction.state.log.replication.factor': short(3, atLeast(1)),
  'transaction.state.log.num.partitions': int(50, atLeast(1)),
  'transaction.state.log.segment.bytes': int(104_857_600, atLeast(1)),
  'transaction.partition.verification.enable': clusterWide(bool(true)),
  'producer.id.expiration.ms': clusterWide(int(86_400_000, atLeast(1))),
  'producer.id.expiration.check.interval.ms': internal(int(600_000, atLeast(1))),
  'transactional.id.expiration.ms': int(604_800_000, atLeast(1)),
  'transaction.max.timeout.ms': int(900_000, atLeast(1)),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': int(10_000, atLeast(1)),
  'transaction.remove.expired.transaction.cleanup.interval.ms': int(3_600_000, atLeast(1)),
  'transaction.two.phase.commit.enable': bool(false),
  'add.partitions.to.txn.retry.backoff.max.ms': int(100, atLeast(0)),
  'add.partitions.to.txn.retry.backoff.ms': int(20, atLeast(1)),
} as const

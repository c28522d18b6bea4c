import { abortFenced } from './end-transaction.ts'
import type { MarkerSender } from './markers.ts'
import type { TransactionShard } from './shard.ts'
import { TRANSACTION_STATES } from './state.ts'
import { NO_TRANSACTION_TIMEOUT_MS } from './transaction-metadata.ts'

/** Aborts what is open for too long, and forgets who has not come back, again and again until the shard is unloaded. */
export function scheduleSweeps(shard: TransactionShard, markers: MarkerSender): void {
  const { clock } = shard.services
  const scheduleAborts = () => {
    const { transactionAbortTimedOutTransactionCleanupIntervalMs: interval } = shard.config
    shard.abortTimer = clock.setTimer(interval, () => {
      abortTimedOut(shard, markers)
      scheduleAborts()
    })
  }
  const scheduleExpiry = () => {
    const { transactionRemoveExpiredTransactionCleanupIntervalMs: interval } = shard.config
    shard.expiryTimer = clock.setTimer(interval, () => {
      forgetUnused(shard)
      scheduleExpiry()
    })
  }
  scheduleAborts()
  scheduleExpiry()
}

/** `TransactionCoordinator.abortTimedOutTransactions` */
function abortTimedOut(shard: TransactionShard, markers: MarkerSender): void {
  const { now } = shard
  for (const metadata of [...shard.transactions.values()]) {
    const { state, startTimestampMs, transactionTimeoutMs, transactionalId, producerId } = metadata
    if (state !== 'Ongoing' || transactionTimeoutMs === NO_TRANSACTION_TIMEOUT_MS) continue
    if (startTimestampMs + transactionTimeoutMs >= now) continue
    const errorCode = abortFenced(shard, markers, metadata)
    shard.services.logger.info('transaction timed out', { transactionalId, producerId, errorCode })
  }
}

/** `TransactionStateManager.removeExpiredTransactionalIds` */
function forgetUnused(shard: TransactionShard): void {
  const oldest = shard.now - shard.config.transactionalIdExpirationMs
  for (const { transactionalId, state, lastUpdateTimestampMs } of [...shard.transactions.values()]) {
    if (TRANSACTION_STATES[state].isExpirationAllowed && lastUpdateTimestampMs <= oldest) {
      shard.remove(transactionalId)
    }
  }
}

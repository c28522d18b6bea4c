/** The broker configs that transactions obey, by their names without dots. */
export interface TransactionCoordinatorConfig {
  readonly transactionMaxTimeoutMs: number
  readonly transactionAbortTimedOutTransactionCleanupIntervalMs: number
  readonly transactionalIdExpirationMs: number
  readonly transactionRemoveExpiredTransactionCleanupIntervalMs: number
  readonly transactionPartitionVerificationEnable: boolean
}

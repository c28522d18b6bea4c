import type { CoordinatorRecord } from './coordinator-record.ts'
import { transactionLog } from './transaction-state/transaction-log.ts'

/** Every record of the topic `__transaction_state`, by the type its key begins with. */
export const transactionStateRecords = [transactionLog] as const satisfies readonly CoordinatorRecord[]

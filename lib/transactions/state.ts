/** What a transactional id is about, by Kafka's names (`TransactionState`). */
export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort'
  | 'Dead'
  | 'PrepareEpochFence'

export interface StateRow {
  /** As records of `__transaction_state` have it. */
  readonly id: number
  readonly validPreviousStates: readonly TransactionState[]
  /** Whether a transactional id that nobody has used for long may be forgotten. */
  readonly isExpirationAllowed: boolean
}

/**
 * The states, and from which ones each is reached. Dead and PrepareEpochFence are passed through and never stored: the
 * first while an id is being forgotten, the second on the way from Ongoing to PrepareAbort, when somebody else than the
 * producer ends its transaction. That Empty and the complete states lead to PrepareAbort is KIP-890's: an abort always
 * raises the epoch, even where no partition was added.
 */
export const TRANSACTION_STATES: Readonly<Record<TransactionState, StateRow>> = {
  Empty: {
    id: 0,
    validPreviousStates: ['Empty', 'CompleteCommit', 'CompleteAbort'],
    isExpirationAllowed: true,
  },
  Ongoing: {
    id: 1,
    validPreviousStates: ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort'],
    isExpirationAllowed: false,
  },
  PrepareCommit: { id: 2, validPreviousStates: ['Ongoing'], isExpirationAllowed: false },
  PrepareAbort: {
    id: 3,
    validPreviousStates: ['Ongoing', 'PrepareEpochFence', 'Empty', 'CompleteCommit', 'CompleteAbort'],
    isExpirationAllowed: false,
  },
  CompleteCommit: { id: 4, validPreviousStates: ['PrepareCommit'], isExpirationAllowed: true },
  CompleteAbort: { id: 5, validPreviousStates: ['PrepareAbort'], isExpirationAllowed: true },
  Dead: {
    id: 6,
    validPreviousStates: ['Empty', 'CompleteAbort', 'CompleteCommit'],
    isExpirationAllowed: false,
  },
  PrepareEpochFence: { id: 7, validPreviousStates: ['Ongoing'], isExpirationAllowed: false },
}

const BY_ID: ReadonlyMap<number, TransactionState> = new Map(
  (Object.keys(TRANSACTION_STATES) as TransactionState[]).map((state) => [
    TRANSACTION_STATES[state].id,
    state,
  ]),
)

export function transactionStateOf(id: number): TransactionState | undefined {
  return BY_ID.get(id)
}

export function isTransactionState(name: string): name is TransactionState {
  return Object.hasOwn(TRANSACTION_STATES, name)
}

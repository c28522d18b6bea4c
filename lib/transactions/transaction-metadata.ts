import { ErrorCode } from '../../protocol/errors.ts'
import { TRANSACTION_STATES, type TransactionState } from './state.ts'
import { TopicPartitions } from './topic-partitions.ts'

export const NO_PRODUCER_ID = -1
export const NO_PRODUCER_EPOCH = -1
const NO_TIMESTAMP = -1
/** The timeout of transactions that wait for ever for their end: two-phase commit (KIP-939). */
export const NO_TRANSACTION_TIMEOUT_MS = 2_147_483_647
const LARGEST_EPOCH = 32_767

/** The first level of `transaction.version` at which every end of a transaction raises the epoch (KIP-890). */
export const EPOCH_BUMP_VERSION = 2

/** What is known of a transactional id (`TransactionMetadata`). A transition makes another one. */
export interface TransactionMetadata {
  readonly transactionalId: string
  readonly producerId: number
  /** Whom the id belonged to before; -1: nobody. */
  readonly previousProducerId: number
  /** Whom the id goes to when the transaction is complete, because the epochs are used up; -1: it stays. */
  readonly nextProducerId: number
  /** -1 until a producer has been given one. */
  readonly producerEpoch: number
  /** The epoch before, for a producer that asks again because it never got the answer (KIP-360); not stored. */
  readonly lastProducerEpoch: number
  readonly transactionTimeoutMs: number
  readonly state: TransactionState
  /** While the transaction is ending: those that have no marker yet. */
  readonly partitions: TopicPartitions
  /** -1 where there has been no transaction. */
  readonly startTimestampMs: number
  readonly lastUpdateTimestampMs: number
  /** The transaction version that the producer showed to speak, 0 or 2. */
  readonly clientTransactionVersion: number
  /** An abort on behalf of another could not be stored: the epoch was raised and told to nobody; not stored. */
  readonly hasFailedEpochFence: boolean
}

type Changes = Partial<Omit<TransactionMetadata, 'transactionalId' | 'previousProducerId' | 'state'>>

/** @throws Error for a transition that the table does not have */
function transition(
  from: TransactionMetadata,
  state: TransactionState,
  changes: Changes,
): TransactionMetadata {
  if (!TRANSACTION_STATES[state].validPreviousStates.includes(from.state)) {
    throw new Error(`transactional id ${from.transactionalId} cannot go from ${from.state} to ${state}`)
  }
  return { ...from, ...changes, state, previousProducerId: from.producerId }
}

/** A transactional id that nobody has used. */
export function created(
  transactionalId: string,
  producerId: number,
  transactionTimeoutMs: number,
  now: number,
): TransactionMetadata {
  return {
    transactionalId,
    producerId,
    previousProducerId: NO_PRODUCER_ID,
    nextProducerId: NO_PRODUCER_ID,
    producerEpoch: NO_PRODUCER_EPOCH,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    transactionTimeoutMs,
    state: 'Empty',
    partitions: new TopicPartitions(),
    startTimestampMs: NO_TIMESTAMP,
    lastUpdateTimestampMs: now,
    clientTransactionVersion: 0,
    hasFailedEpochFence: false,
  }
}

/** The last epoch is kept for fencing. */
export function isEpochExhausted(producerEpoch: number): boolean {
  return producerEpoch >= LARGEST_EPOCH - 1
}

/** Its end is decided, and being written to the partitions: nothing else may happen until that is done. */
export function isEnding({ state }: TransactionMetadata): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort'
}

/**
 * A producer begins: everyone before it is fenced.
 * @param expectedEpoch the epoch that it thinks it has (KIP-360), undefined for a new producer
 * @returns PRODUCER_FENCED where that is neither the current nor the last epoch
 */
export function withNextEpoch(
  from: TransactionMetadata,
  transactionTimeoutMs: number,
  expectedEpoch: number | undefined,
  now: number,
): TransactionMetadata | typeof ErrorCode.PRODUCER_FENCED {
  const epochs = nextEpochs(from, expectedEpoch)
  if (epochs === undefined) return ErrorCode.PRODUCER_FENCED
  return transition(from, 'Empty', { ...epochs, ...noTransaction(transactionTimeoutMs, now) })
}

function nextEpochs(
  { producerEpoch, lastProducerEpoch }: TransactionMetadata,
  expectedEpoch: number | undefined,
): Pick<TransactionMetadata, 'producerEpoch' | 'lastProducerEpoch'> | undefined {
  const next = producerEpoch + 1
  if (expectedEpoch === undefined) return { producerEpoch: next, lastProducerEpoch: NO_PRODUCER_EPOCH }
  if (producerEpoch === NO_PRODUCER_EPOCH || expectedEpoch === producerEpoch) {
    return { producerEpoch: next, lastProducerEpoch: producerEpoch }
  }
  // The epoch has been raised for this very request already; its answer was lost.
  return expectedEpoch === lastProducerEpoch ? { producerEpoch, lastProducerEpoch } : undefined
}

/** Epochs are used up: the id goes to a new producer id. */
export function withProducerId(
  from: TransactionMetadata,
  producerId: number,
  transactionTimeoutMs: number,
  recordsLastEpoch: boolean,
  now: number,
): TransactionMetadata {
  const lastProducerEpoch = recordsLastEpoch ? from.producerEpoch : NO_PRODUCER_EPOCH
  const changes = { producerId, producerEpoch: 0, lastProducerEpoch }
  return transition(from, 'Empty', { ...changes, ...noTransaction(transactionTimeoutMs, now) })
}

function noTransaction(transactionTimeoutMs: number, now: number) {
  return {
    transactionTimeoutMs,
    partitions: new TopicPartitions(),
    startTimestampMs: NO_TIMESTAMP,
    lastUpdateTimestampMs: now,
  }
}

export function withPartitions(
  from: TransactionMetadata,
  added: Iterable<readonly [topic: string, partition: number]>,
  clientTransactionVersion: number,
  now: number,
): TransactionMetadata {
  return transition(from, 'Ongoing', {
    partitions: new TopicPartitions([...from.partitions, ...added]),
    startTimestampMs: from.state === 'Ongoing' ? from.startTimestampMs : now,
    lastUpdateTimestampMs: now,
    clientTransactionVersion,
  })
}

/** Takes the epoch away from the producer of an open transaction. */
export function fenced(from: TransactionMetadata): TransactionMetadata {
  const isRaised = from.hasFailedEpochFence || from.producerEpoch === LARGEST_EPOCH
  return transition(from, 'PrepareEpochFence', {
    producerEpoch: isRaised ? from.producerEpoch : from.producerEpoch + 1,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
  })
}

/** The fence could not be stored: the producer has lost its epoch all the same, and the next fence need not raise it. */
export function withFailedFence(from: TransactionMetadata): TransactionMetadata {
  const { producerEpoch, lastProducerEpoch } = fenced(from)
  return { ...from, producerEpoch, lastProducerEpoch, hasFailedEpochFence: true }
}

/** The outcome is decided. */
export function prepared(
  from: TransactionMetadata,
  state: 'PrepareCommit' | 'PrepareAbort',
  clientTransactionVersion: number,
  nextProducerId: number,
  now: number,
): TransactionMetadata {
  const isOpen = from.state === 'Ongoing' || from.state === 'PrepareEpochFence'
  const changes = {
    partitions: new TopicPartitions(from.partitions),
    nextProducerId,
    startTimestampMs: isOpen ? from.startTimestampMs : now,
    lastUpdateTimestampMs: now,
    clientTransactionVersion,
  }
  if (clientTransactionVersion < EPOCH_BUMP_VERSION) return transition(from, state, changes)
  const { producerEpoch } = from
  const bumped = producerEpoch === LARGEST_EPOCH ? producerEpoch : producerEpoch + 1
  return transition(from, state, { ...changes, producerEpoch: bumped, lastProducerEpoch: producerEpoch })
}

/** The outcome has been written to every partition. */
export function completed(from: TransactionMetadata, now: number): TransactionMetadata {
  const goesOn = from.clientTransactionVersion < EPOCH_BUMP_VERSION || from.nextProducerId === NO_PRODUCER_ID
  return transition(from, from.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort', {
    ...(goesOn ? {} : { producerId: from.nextProducerId, producerEpoch: 0 }),
    nextProducerId: NO_PRODUCER_ID,
    partitions: new TopicPartitions(),
    lastUpdateTimestampMs: now,
    hasFailedEpochFence: false,
  })
}

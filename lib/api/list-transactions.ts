// ListTransactions, v0 to v2 (KIP-664): the transactional ids that this broker coordinates, all of them or those in some
// states, of some producers, with transactions that have been open for longer than some time (v1, KIP-994), with names that
// match a regular expression of RE2 (v2, KIP-1152).
//
// Whoever may not describe a transactional id does not see it.

import { RE2JS } from 're2js'
import { ErrorCode } from '../../protocol/errors.ts'
import { listTransactions } from '../../protocol/messages/list-transactions.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { DESCRIBE_TRANSACTIONAL_ID, may, silently } from '../security/authorization/needs.ts'
import { isTransactionState } from '../transactions/state.ts'
import type { Parts } from './parts.ts'

export function createListTransactionsHandler({
  nodeId,
  clock,
  transactionCoordinator,
}: Pick<Parts, 'nodeId' | 'clock' | 'transactionCoordinator'>): Handler {
  return guarded(listTransactions, [silently(DESCRIBE_TRANSACTIONAL_ID)], (request, context) => {
    const { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern } = request
    const matches = matcher(transactionalIdPattern)
    if (matches === undefined) return { errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION }
    const states = new Set(stateFilters)
    const producerIds = new Set(producerIdFilters)
    const now = clock.now()
    const transactions = transactionCoordinator
      .shardsOf(nodeId)
      .flatMap((shard) => [...shard.transactions.values()])
    return {
      unknownStateFilters: [...states].filter((state) => !isTransactionState(state)),
      transactionStates: transactions
        .filter(({ producerId }) => producerIds.size === 0 || producerIds.has(producerId))
        .filter(({ state }) => states.size === 0 || states.has(state))
        .filter(({ startTimestampMs }) => durationFilter < 0 || now - startTimestampMs > durationFilter)
        .filter(({ transactionalId }) => matches(transactionalId))
        .filter(({ transactionalId }) => may(context, DESCRIBE_TRANSACTIONAL_ID, transactionalId))
        .map(({ transactionalId, producerId, state }) => ({
          transactionalId,
          producerId,
          transactionState: state,
        })),
    }
  })
}

/** undefined for what is no regular expression. */
function matcher(pattern: string | null): ((text: string) => boolean) | undefined {
  if (pattern === null || pattern === '') return () => true
  try {
    const expression = RE2JS.compile(pattern)
    return (text) => expression.matches(text)
  } catch {
    return undefined
  }
}

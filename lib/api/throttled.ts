import { produce } from '../../protocol/messages/produce.ts'
import { writeTxnMarkers } from '../../protocol/messages/write-txn-markers.ts'
import type { Api, RequestOf } from '../../protocol/schema.ts'
import {
  type Answer,
  type Handle,
  type Handler,
  NO_RESPONSE,
  type RequestContext,
} from '../network/handler.ts'
import type { BrokerQuotas } from '../quotas/broker-quotas.ts'
import type { Usage } from '../quotas/usage.ts'

/**
 * The handler, and what its clients' quotas make of it (`RequestHandlerHelper`): the answer is given at once and says how long
 * the client has to wait; for so long nothing else is taken from the connection (KIP-219). Where there are no quotas,
 * that they are not is all that is looked at.
 */
export function throttled(handler: Handler, quotas: BrokerQuotas): Handler {
  const { api, handle } = handler
  const throttledHandle: Handle<Api> = (request, context) => {
    const usage = quotas.begin(context)
    if (usage === undefined) return handle(request, context)
    context.usage = usage
    const answer = handle(request, context)
    if (!(answer instanceof Promise)) return finish(api, usage, answer, request, context)
    usage.waits()
    return answer.then((settled) => finish(api, usage, settled, request, context))
  }
  return { ...handler, handle: throttledHandle }
}

function finish(
  api: Api,
  usage: Usage,
  answer: Answer<Api>,
  request: RequestOf<Api>,
  context: RequestContext,
): Answer<Api> {
  if (usage.isCounted) return answer
  const throttleTimeMs = count(api, usage, request, context)
  return throttleTimeMs === 0 || answer === NO_RESPONSE ? answer : { ...answer, throttleTimeMs }
}

function count(api: Api, usage: Usage, request: RequestOf<Api>, { frameSize }: RequestContext): number {
  if (api.key === produce.key) {
    const { acks } = request as unknown as RequestOf<typeof produce>
    return usage.produced(frameSize, acks !== 0)
  }
  // Brokers send these to each other.
  if (api.key === writeTxnMarkers.key) {
    usage.exempted()
    return 0
  }
  return usage.answered()
}

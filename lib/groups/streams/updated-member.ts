import type { RequestContext } from '../../network/handler.ts'
import { hasOtherEndpoint } from './endpoints.ts'
import type { StreamsHeartbeatRequest } from './heartbeat-messages.ts'
import { JOIN_EPOCH, type StreamsMember } from './member.ts'

/** The member with what the heartbeat tells of it; the same object where that is nothing new. */
export function updatedMember(
  member: StreamsMember,
  request: StreamsHeartbeatRequest,
  { clientId, session }: RequestContext,
): StreamsMember {
  const { clientTags, memberEpoch } = request
  const updated: StreamsMember = {
    ...member,
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    rebalanceTimeoutMs:
      request.rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    topologyEpoch: request.topology?.epoch ?? member.topologyEpoch,
    clientId: clientId ?? '',
    // Java writes an address without a host name with a slash before it, and that is what tools show.
    clientHost: `/${session.clientHost}`,
    processId: request.processId ?? member.processId,
    // Who joins without an endpoint has none.
    userEndpoint: request.userEndpoint ?? (memberEpoch === JOIN_EPOCH ? null : member.userEndpoint),
    clientTags: clientTags ? new Map(clientTags.map(({ key, value }) => [key, value])) : member.clientTags,
  }
  const isSame =
    updated.instanceId === member.instanceId &&
    updated.rebalanceTimeoutMs === member.rebalanceTimeoutMs &&
    updated.clientId === member.clientId &&
    updated.clientHost === member.clientHost &&
    !hasOtherEndpoint(updated, member) &&
    !mattersToOthers(updated, member)
  return isSame ? member : updated
}

/** Whether they differ in what tasks are assigned by; of a static member nothing else raises the group epoch. */
export function mattersToOthers(a: StreamsMember, b: StreamsMember): boolean {
  return (
    a.topologyEpoch !== b.topologyEpoch ||
    a.rackId !== b.rackId ||
    a.processId !== b.processId ||
    !sameTags(a.clientTags, b.clientTags)
  )
}

function sameTags(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a.size !== b.size) return false
  for (const [key, value] of a) if (b.get(key) !== value) return false
  return true
}

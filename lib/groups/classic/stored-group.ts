import type { groupMetadata } from '../../../protocol/formats/consumer-offsets/group-metadata.ts'
import type { Decoded } from '../../../protocol/schema.ts'
import type { Clock } from '../../lab/clock.ts'
import { ClassicGroup } from './group.ts'
import { ClassicMember } from './member.ts'

export type GroupMetadataValue = Decoded<(typeof groupMetadata)['value']>

/** The group as its GroupMetadata record tells it. */
export function storedGroup(group: ClassicGroup): GroupMetadataValue {
  const { protocolType, protocolName, generationId, leaderId, stateTimestampMs, members } = group
  return {
    protocolType: protocolType ?? '',
    generation: generationId,
    protocol: protocolName,
    leader: leaderId,
    currentStateTimestamp: stateTimestampMs,
    members:
      protocolName === null ? [] : [...members.values()].map((member) => storedMember(member, protocolName)),
  }
}

function storedMember(member: ClassicMember, protocolName: string): GroupMetadataValue['members'][number] {
  const { memberId, groupInstanceId, clientId, clientHost, terms, assignment } = member
  return {
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    rebalanceTimeout: terms.rebalanceTimeoutMs,
    sessionTimeout: terms.sessionTimeoutMs,
    subscription: member.metadata(protocolName),
    assignment,
  }
}

/** The group that a record tells of: Stable with the members of its last generation, or Empty. */
export function restoredGroup(groupId: string, value: GroupMetadataValue, clock: Clock): ClassicGroup {
  const group = new ClassicGroup(groupId, clock, {
    state: value.members.length === 0 ? 'Empty' : 'Stable',
    generationId: value.generation,
    protocolType: value.protocolType === '' ? null : value.protocolType,
    protocolName: value.protocol,
    leaderId: value.leader,
    stateTimestampMs: value.currentStateTimestamp,
  })
  for (const stored of value.members) {
    const { memberId, groupInstanceId, clientId, clientHost, subscription, assignment } = stored
    const identity = { memberId, groupInstanceId, clientId, clientHost, protocolType: value.protocolType }
    const terms = {
      rebalanceTimeoutMs: stored.rebalanceTimeout === -1 ? stored.sessionTimeout : stored.rebalanceTimeout,
      sessionTimeoutMs: stored.sessionTimeout,
      // Of the protocols that a member offered only the chosen one is kept.
      protocols: [{ name: value.protocol ?? '', metadata: subscription }],
    }
    group.add(new ClassicMember(identity, terms, assignment))
  }
  group.refreshSubscribedTopics()
  return group
}

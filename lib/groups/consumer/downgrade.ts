import { ClassicGroup } from '../classic/group.ts'
import { ClassicMember } from '../classic/member.ts'
import { prepareRebalance, renewSession } from '../classic/rebalance.ts'
import { encodeAssignment } from '../consumer-protocol.ts'
import type { GroupShard } from '../shard.ts'
import type { ConsumerGroup } from './group.ts'
import type { ClassicMemberMetadata, ConsumerMember } from './member.ts'
import { groupTombstones } from './records.ts'

/**
 * Whether the group becomes a classic one when these members go: all that stay speak the classic protocol, and the
 * broker lets it (`group.consumer.migration.policy`).
 */
export function canDowngrade(
  shard: GroupShard,
  group: ConsumerGroup,
  leaving: readonly ConsumerMember[],
  joining = 0,
): boolean {
  const staying = group.members.size - leaving.length
  const classic = group.classicMembers - leaving.filter((member) => member.classic).length
  if (classic !== staying || staying + joining === 0) return false
  const { groupConsumerMigrationPolicy, groupMaxSize } = shard.config
  if (!['downgrade', 'bidirectional'].includes(groupConsumerMigrationPolicy.toLowerCase())) return false
  return staying + joining <= groupMaxSize
}

export interface Downgrade {
  readonly leaving: readonly ConsumerMember[]
  /** Why the classic group must rebalance at once; undefined when what it has can stay. */
  readonly rebalances: string | undefined
}

/**
 * The group becomes a classic one, whose generation is the group epoch and whose assignments are the target's
 * (KIP-848, `ClassicGroup.fromConsumerGroup`).
 */
export function downgrade(shard: GroupShard, group: ConsumerGroup, { leaving, rebalances }: Downgrade): void {
  const { groupId, groupEpoch } = group
  const { clock, metadata, logger } = shard.services
  const classic = new ClassicGroup(groupId, clock, {
    state: 'Stable',
    generationId: groupEpoch,
    protocolType: 'consumer',
    protocolName: null,
    leaderId: null,
    stateTimestampMs: clock.now(),
  })
  for (const member of group.members.values()) {
    if (!leaving.includes(member))
      classic.add(downgradedMember(member, member.classic as ClassicMemberMetadata))
  }
  const protocolName = classic.selectProtocol()
  classic.protocolName = protocolName
  classic.refreshSubscribedTopics()
  for (const member of classic.members.values()) {
    const target = group.targetOf(member.memberId)
    member.assignment = encodeAssignment(target, metadata.image, member.metadata(protocolName))
  }
  group.cancelTimers()
  shard.write(groupTombstones(group))
  shard.groups.set(groupId, classic)
  shard.writeGroup(classic)
  for (const member of classic.members.values()) renewSession(shard, classic, member)
  logger.info('group downgraded', { groupId, groupEpoch })
  if (rebalances !== undefined) prepareRebalance(shard, classic, rebalances)
}

function downgradedMember(
  { memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs }: ConsumerMember,
  { sessionTimeoutMs, supportedProtocols }: ClassicMemberMetadata,
): ClassicMember {
  return new ClassicMember(
    { memberId, groupInstanceId: instanceId, clientId, clientHost, protocolType: 'consumer' },
    { rebalanceTimeoutMs, sessionTimeoutMs, protocols: supportedProtocols },
  )
}

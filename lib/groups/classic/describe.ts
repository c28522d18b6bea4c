import type { describeGroups } from '../../../protocol/messages/describe-groups.ts'
import type { listGroups } from '../../../protocol/messages/list-groups.ts'
import type { ResponseOf } from '../../../protocol/schema.ts'
import type { Group } from '../shard.ts'
import type { ClassicGroup } from './group.ts'

export type DescribedGroup = NonNullable<ResponseOf<typeof describeGroups>['groups']>[number]
export type ListedGroup = NonNullable<ResponseOf<typeof listGroups>['groups']>[number]

/** A classic group as DescribeGroups shows it: while it is not Stable, without protocol and what members told under it. */
export function describeClassicGroup(group: ClassicGroup): DescribedGroup {
  const protocolName = group.state === 'Stable' ? group.protocolName : null
  return {
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: protocolName ?? '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberAssignment: member.assignment,
      ...(protocolName !== null && { memberMetadata: member.metadata(protocolName) }),
    })),
  }
}

/** A group of any type as ListGroups shows it. */
export function listGroup({ groupId, protocolType, state, type }: Group): ListedGroup {
  return { groupId, protocolType: protocolType ?? '', groupState: state, groupType: type }
}

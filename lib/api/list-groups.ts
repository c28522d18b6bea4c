// ListGroups v0-v5: the groups that this broker coordinates, all of them or those in some states (v4) or of some types
// (v5). A filter that names nothing there is matches nothing.
//
// Whoever may not describe the cluster sees the groups that they may describe.

import { listGroups } from '../../protocol/messages/list-groups.ts'
import { listGroup } from '../groups/classic/describe.ts'
import type { Group } from '../groups/shard.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { DESCRIBE_CLUSTER, DESCRIBE_GROUP, may, silently, unless } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'

const LISTED = unless(DESCRIBE_CLUSTER, silently(DESCRIBE_GROUP))

export function createListGroupsHandler({
  nodeId,
  groupCoordinator,
}: Pick<Parts, 'nodeId' | 'groupCoordinator'>): Handler {
  return guarded(listGroups, [LISTED], ({ statesFilter, typesFilter }, context) => {
    const seesAll = may(context, DESCRIBE_CLUSTER)
    const states = new Set(statesFilter.map((state) => state.toLowerCase().trim()))
    const types = new Set(typesFilter.map((type) => type.toLowerCase()))
    const groups = groupCoordinator.shardsOf(nodeId).flatMap((shard) => [...shard.groups.values()])
    return {
      groups: groups
        .filter((group) => states.size === 0 || states.has(filteredState(group)))
        .filter(({ type }) => types.size === 0 || types.has(type))
        .filter(({ groupId }) => seesAll || may(context, LISTED, groupId))
        .map(listGroup),
    }
  })
}

/** What a filter calls the state: that of streams groups in two words is the only one with a name of its own. */
function filteredState({ state }: Group): string {
  return state === 'NotReady' ? 'not_ready' : state.toLowerCase()
}

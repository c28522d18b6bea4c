// ListGroups v0-v5: the groups that this broker coordinates, all of them or those in some states (v4) or of some types
// (v5). A filter that names nothing there is matches nothing.
//
// Left out: which groups one may see.

import { listGroups } from '../../protocol/messages/list-groups.ts'
import { listClassicGroup } from '../groups/classic/describe.ts'
import { type Handler, handler } from '../network/handler.ts'
import type { Parts } from './parts.ts'

export function createListGroupsHandler({
  nodeId,
  groupCoordinator,
}: Pick<Parts, 'nodeId' | 'groupCoordinator'>): Handler {
  return handler(listGroups, ({ statesFilter, typesFilter }) => {
    const states = new Set(statesFilter.map((state) => state.toLowerCase().trim()))
    const types = new Set(typesFilter.map((type) => type.toLowerCase()))
    const groups = groupCoordinator.shardsOf(nodeId).flatMap((shard) => [...shard.groups.values()])
    return {
      groups: groups
        .filter(({ state }) => states.size === 0 || states.has(state.toLowerCase()))
        .filter(({ type }) => types.size === 0 || types.has(type))
        .map(listClassicGroup),
    }
  })
}

import type { MetadataImage } from '../../metadata/image.ts'
import { inOrder } from '../topic-partitions.ts'
import type { ConfiguredTopology } from './configured-topology.ts'
import type { StreamsHeartbeatResponse } from './heartbeat-messages.ts'
import type { StreamsMember } from './member.ts'
import { sourceTopicsOf } from './topology.ts'

type EndpointPartitions = NonNullable<StreamsHeartbeatResponse['partitionsByUserEndpoint']>[number]
type AnyTasks = ReadonlyMap<string, ReadonlySet<number> | ReadonlyMap<number, number>>

/** Whether others reach the member elsewhere than before. */
export function hasOtherEndpoint(a: StreamsMember, b: StreamsMember): boolean {
  return a.userEndpoint?.host !== b.userEndpoint?.host || a.userEndpoint?.port !== b.userEndpoint?.port
}

/**
 * What members can be asked for, and where (`EndpointToPartitionsManager`). undefined where that cannot be told: the
 * topics are not there.
 */
export function partitionsByEndpoint(
  members: readonly StreamsMember[],
  { subtopologies }: ConfiguredTopology,
  image: MetadataImage,
): EndpointPartitions[] | undefined {
  const reachable = members.filter(({ userEndpoint }) => userEndpoint !== null)
  if (reachable.length === 0) return []
  if (!subtopologies) return undefined
  const partitionsOf = (...roles: AnyTasks[]) =>
    [...together(roles)].flatMap(([subtopologyId, tasks]) => {
      const subtopology = subtopologies.get(subtopologyId)
      if (!subtopology) return []
      return [...new Set(sourceTopicsOf(subtopology.topics))].flatMap((topic) => {
        const count = image.topicsByName.get(topic)?.partitions.length ?? 0
        const partitions = inOrder(tasks).filter((partition) => partition < count)
        return partitions.length === 0 ? [] : [{ topic, partitions }]
      })
    })
  return reachable.map(({ userEndpoint, assigned: { active, standby, warmup } }) => ({
    userEndpoint: userEndpoint as NonNullable<typeof userEndpoint>,
    activePartitions: partitionsOf(active),
    standbyPartitions: partitionsOf(standby, warmup),
  }))
}

function together(roles: readonly AnyTasks[]): Map<string, Set<number>> {
  const all = new Map<string, Set<number>>()
  for (const tasks of roles) {
    for (const [subtopologyId, partitions] of tasks) {
      all.set(subtopologyId, new Set([...(all.get(subtopologyId) ?? []), ...partitions.keys()]))
    }
  }
  return all
}

import type { Stoppable } from './subject.ts'
import { MARKER } from './subject.ts'

/** What differs from cluster to cluster and means the same, by what stands for it. */
export type Aliases = Map<string, string>

/** Lists that have no order: Kafka gives them as they come out of its hash maps, or shuffled. */
const UNORDERED: ReadonlySet<string> = new Set([
  'topics',
  'brokers',
  'results',
  'responses',
  'configs',
  'configResources',
  'replicaElectionResults',
  'partitionResult',
  'partitions',
])

/** Addresses of brokers, so that they read alike everywhere. */
export function addressAliases(brokers: readonly Stoppable[], clusterId: string): Aliases {
  const aliases: Aliases = new Map([[clusterId, '<cluster>']])
  for (const { nodeId, address } of brokers) {
    aliases.set(address.slice(address.lastIndexOf(':') + 1), `<port of ${nodeId}>`)
  }
  return aliases
}

/** A response without what may differ, as text that can be compared. */
export function normalise(response: unknown, aliases: Aliases): string {
  return JSON.stringify(plain(response, '', aliases), null, 1)
}

function plain(value: unknown, key: string, aliases: Aliases): unknown {
  if (Array.isArray(value)) {
    const items = value.filter((item) => !isMarker(item)).map((item) => plain(item, '', aliases))
    if (!UNORDERED.has(key)) return items
    return items
      .map((item) => [JSON.stringify(item), item] as const)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([, item]) => item)
  }
  if (typeof value === 'object' && value !== null) {
    const fields: Record<string, unknown> = {}
    for (const [name, field] of Object.entries(value)) fields[name] = plain(field, name, aliases)
    // Any broker that is up may be called the controller.
    if (typeof fields.controllerId === 'number' && fields.controllerId >= 0) fields.controllerId = '<broker>'
    return fields
  }
  if (key === 'port' || key === 'topicId' || key === 'clusterId') {
    return aliases.get(String(value)) ?? value
  }
  return value
}

function isMarker(item: unknown): boolean {
  if (typeof item !== 'object' || item === null) return false
  const { name, topic, resourceName } = item as Record<string, unknown>
  return [name, topic, resourceName].some((text) => typeof text === 'string' && text.startsWith(MARKER))
}

import type { streamsGroupTopology } from '../../../protocol/formats/consumer-offsets/streams-group-topology.ts'
import type { Decoded } from '../../../protocol/schema.ts'

/** What an application is made of, as a member told it and the group's record keeps it (`StreamsTopology`). */
export type StreamsTopology = Decoded<(typeof streamsGroupTopology)['value']>
export type Subtopology = StreamsTopology['subtopologies'][number]
export type TopicInfo = Subtopology['stateChangelogTopics'][number]

/** The topics that the topology reads, repartitions by and keeps its states in. */
export function requiredTopics({ subtopologies }: StreamsTopology): Set<string> {
  const names = new Set<string>()
  for (const subtopology of subtopologies) {
    for (const name of sourceTopicsOf(subtopology)) names.add(name)
    for (const { name } of subtopology.stateChangelogTopics) names.add(name)
  }
  return names
}

/** What the tasks of the subtopology read. */
export function sourceTopicsOf({ sourceTopics, repartitionSourceTopics }: Subtopology): string[] {
  return [...sourceTopics, ...repartitionSourceTopics.map(({ name }) => name)]
}

/** The subtopology that reads the topic. */
export function subtopologyReading(topology: StreamsTopology, topic: string): Subtopology | undefined {
  return topology.subtopologies.find((subtopology) => sourceTopicsOf(subtopology).includes(topic))
}

/** Whether nothing differs but the order of the subtopologies. */
export function isSameTopology(a: StreamsTopology, b: StreamsTopology): boolean {
  return a.epoch === b.epoch && textOf(a) === textOf(b)
}

function textOf({ subtopologies }: StreamsTopology): string {
  return JSON.stringify(bySubtopologyId(subtopologies))
}

export function bySubtopologyId<T extends { readonly subtopologyId: string }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => (a.subtopologyId < b.subtopologyId ? -1 : 1))
}

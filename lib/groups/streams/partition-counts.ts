import { ErrorCode } from '../../../protocol/errors.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import { enforceCopartitioning, type IncorrectlyPartitioned } from './copartitioning.ts'
import { type StreamsTopology, type Subtopology, sourceTopicsOf } from './topology.ts'

/** How many partitions a topic has or, where it is still to be made, shall have. */
export type CountOf = (topic: string) => number

/**
 * How many partitions each internal topic must have: a repartition topic as many as what flows into it or what it is
 * joined with, a changelog as many as its subtopology has tasks (`InternalTopicManager.decidePartitionCounts`).
 *
 * @param existing size of a topic that is there, as all source topics are; else undefined
 */
export function decidePartitionCounts(
  { subtopologies }: StreamsTopology,
  existing: (topic: string) => number | undefined,
): CountOf | IncorrectlyPartitioned | ApiError {
  const decided = repartitionCounts(subtopologies, existing)
  if (decided instanceof ApiError) return decided
  const countOf = (topic: string) => existing(topic) ?? decided.get(topic) ?? 0
  const fault = enforceCopartitioning(subtopologies, countOf, decided)
  if (fault) return fault
  for (const subtopology of subtopologies) {
    const counts = sourceTopicsOf(subtopology).map(countOf)
    if (counts.length === 0) {
      return invalidTopology(`No source topics found for subtopology ${subtopology.subtopologyId}`)
    }
    for (const { name } of subtopology.stateChangelogTopics) decided.set(name, Math.max(...counts))
  }
  // What was decided comes first: a topic that is there with another size is not what the topology needs.
  return (topic) => decided.get(topic) ?? existing(topic) ?? 0
}

function invalidTopology(message: string): ApiError {
  return new ApiError(ErrorCode.STREAMS_INVALID_TOPOLOGY, message)
}

/** What flows into a repartition topic may come out of another: again and again, until all are known. */
function repartitionCounts(
  subtopologies: readonly Subtopology[],
  existing: (topic: string) => number | undefined,
): Map<string, number> | ApiError {
  const counts = new Map<string, number>()
  const sources = subtopologies.flatMap(({ repartitionSourceTopics }) => repartitionSourceTopics)
  for (const { name, partitions } of sources) if (partitions !== 0) counts.set(name, partitions)
  let isIncomplete = true
  while (isIncomplete) {
    isIncomplete = false
    let hasProgressed = false
    for (const subtopology of subtopologies) {
      for (const sink of subtopology.repartitionSinkTopics) {
        if (counts.has(sink)) continue
        const count = largestSource(subtopology, counts, existing)
        if (count === undefined) isIncomplete = true
        else {
          counts.set(sink, count)
          hasProgressed = true
        }
      }
    }
    if (isIncomplete && !hasProgressed) {
      return invalidTopology(
        'Failed to compute number of partitions for all repartition topics. There may be loops in the topology that ' +
          'cannot be resolved.',
      )
    }
  }
  if (sources.every(({ name }) => counts.has(name))) return counts
  return invalidTopology(
    'Failed to compute number of partitions for all repartition topics, because a repartition source topic is never ' +
      'used as a sink topic.',
  )
}

function largestSource(
  { sourceTopics, repartitionSourceTopics }: Subtopology,
  counts: ReadonlyMap<string, number>,
  existing: (topic: string) => number | undefined,
): number | undefined {
  const known = [
    ...repartitionSourceTopics.map(({ name }) => counts.get(name)),
    ...sourceTopics.map((topic) => existing(topic)),
  ].filter((count) => count !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

import type { Subtopology } from './topology.ts'

/** Topics of other sizes than the topology can be run with. */
export class IncorrectlyPartitioned {
  readonly detail: string

  constructor(detail: string) {
    this.detail = detail
  }
}

type Counts = ReadonlyMap<string, number>

/**
 * Topics that are joined must have the same number of partitions: repartition topics take that of the others, unless the
 * application said how many they shall have (`CopartitionedTopicsEnforcer`).
 *
 * @param countOf of any topic of the topology
 * @param decided sizes of internal topics, to be corrected
 */
export function enforceCopartitioning(
  subtopologies: readonly Subtopology[],
  countOf: (topic: string) => number,
  decided: Map<string, number>,
): IncorrectlyPartitioned | undefined {
  const repartition = subtopologies.flatMap(({ repartitionSourceTopics }) => repartitionSourceTopics)
  const fixed = new Set(repartition.filter(({ partitions }) => partitions !== 0).map(({ name }) => name))
  const all = new Set(repartition.map(({ name }) => name))
  for (const subtopology of subtopologies) {
    for (const topics of copartitionGroups(subtopology)) {
      if (topics.size === 0) continue
      const internal = new Map<string, number>()
      const external = new Map<string, number>()
      for (const topic of topics) (all.has(topic) ? internal : external).set(topic, countOf(topic))
      const count = commonCount(internal, external, fixed, countOf)
      if (count instanceof IncorrectlyPartitioned) return count
      for (const [topic, own] of internal) {
        if (fixed.has(topic) && own !== count) return otherThanSource(topic, own, count)
        decided.set(topic, count)
      }
    }
  }
  return undefined
}

/** The names of the topics of each group, without repetition. */
function copartitionGroups({
  copartitionGroups: groups,
  sourceTopics,
  repartitionSourceTopics,
}: Subtopology): Set<string>[] {
  return groups.map(
    (group) =>
      new Set([
        ...group.sourceTopics.map((index) => sourceTopics[index] as string),
        ...group.repartitionSourceTopics.map((index) => repartitionSourceTopics[index]?.name as string),
      ]),
  )
}

function commonCount(
  internal: Counts,
  external: Counts,
  fixed: ReadonlySet<string>,
  countOf: (topic: string) => number,
): number | IncorrectlyPartitioned {
  if (external.size > 0) return sameCount(external)
  // Kafka looks at all topics of a fixed size here, whichever group they are in.
  const counts = new Map([...fixed].map((topic) => [topic, countOf(topic)]))
  const [first] = counts.values()
  if (first === undefined) return Math.max(...internal.values())
  return [...counts.values()].every((count) => count === first) ? first : different(internal)
}

function sameCount(counts: Counts): number | IncorrectlyPartitioned {
  const [first = 0, ...others] = counts.values()
  return others.every((count) => count === first) ? first : different(counts)
}

function different(counts: Counts): IncorrectlyPartitioned {
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([topic, count]) => `${topic}=${count}`)
  return new IncorrectlyPartitioned(
    `Following topics do not have the same number of partitions: [{${sorted.join(', ')}}]`,
  )
}

function otherThanSource(topic: string, own: number, count: number): IncorrectlyPartitioned {
  return new IncorrectlyPartitioned(
    `Number of partitions [${own}] of repartition topic [${topic}] doesn't match number of partitions [${count}] of the ` +
      'source topic.',
  )
}

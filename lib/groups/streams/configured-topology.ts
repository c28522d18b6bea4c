import { ApiError } from '../../metadata/controller/api-error.ts'
import type { CreatableTopic } from '../../metadata/controller/create-topics.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import { hashMapOrder } from '../java-collections.ts'
import { IncorrectlyPartitioned } from './copartitioning.ts'
import { decidePartitionCounts } from './partition-counts.ts'
import { type Status, status } from './status.ts'
import {
  requiredTopics,
  type StreamsTopology,
  type Subtopology,
  sourceTopicsOf,
  type TopicInfo,
} from './topology.ts'

/** A subtopology with the sizes of its topics. */
export interface ConfiguredSubtopology {
  readonly subtopologyId: string
  readonly tasks: number
  readonly isStateful: boolean
  /** As it was told, with the sizes that its internal topics have or shall have. */
  readonly topics: Subtopology
}

/** A topology beside the topics that there are (`ConfiguredTopology`). */
export interface ConfiguredTopology {
  /** Why it cannot run now; undefined when it can. */
  readonly fault: Status | undefined
  /** By their ids, in that order; none where sizes cannot be told. */
  readonly subtopologies: ReadonlyMap<string, ConfiguredSubtopology> | undefined
  /** Internal topics that are yet to be made. */
  readonly missing: readonly CreatableTopic[]
}

/** Looks at the topics that the topology needs (`InternalTopicManager.configureTopics`). */
export function configureTopology(
  topology: StreamsTopology,
  image: MetadataImage,
): ConfiguredTopology | ApiError {
  const existing = (topic: string) => image.topicsByName.get(topic)?.partitions.length
  const sources = topology.subtopologies.flatMap(({ sourceTopics }) => sourceTopics)
  const absent = [...new Set(sources)].filter((topic) => existing(topic) === undefined).sort()
  if (absent.length > 0) {
    return unusable(status('MISSING_SOURCE_TOPICS', `Source topics ${summary(absent)} are missing.`))
  }
  const countOf = decidePartitionCounts(topology, existing)
  if (countOf instanceof ApiError) return countOf
  if (countOf instanceof IncorrectlyPartitioned) return incorrectlyPartitioned(countOf.detail)
  const sized = (topic: TopicInfo) =>
    topic.partitions === 0 ? { ...topic, partitions: countOf(topic.name) } : topic
  const subtopologies = topology.subtopologies.map((subtopology): ConfiguredSubtopology => {
    const { subtopologyId, stateChangelogTopics, repartitionSourceTopics } = subtopology
    return {
      subtopologyId,
      tasks: Math.max(...sourceTopicsOf(subtopology).map((topic) => existing(topic) ?? countOf(topic))),
      isStateful: stateChangelogTopics.length > 0,
      topics: {
        ...subtopology,
        stateChangelogTopics: stateChangelogTopics.map(sized),
        repartitionSourceTopics: repartitionSourceTopics.map(sized),
      },
    }
  })
  subtopologies.sort((a, b) => (a.subtopologyId < b.subtopologyId ? -1 : 1))
  const wanted = new Map(
    subtopologies.flatMap(({ topics }) =>
      [...topics.repartitionSourceTopics, ...topics.stateChangelogTopics].map((topic) => [topic.name, topic]),
    ),
  )
  for (const name of requiredTopics(topology)) {
    const [expected, found] = [wanted.get(name)?.partitions, existing(name)]
    if (found === undefined) continue
    wanted.delete(name)
    if (expected === undefined || expected === found) continue
    return incorrectlyPartitioned(
      `Existing topic ${name} has different number of partitions: expected ${expected}, found ${found}`,
    )
  }
  const absentNames = hashMapOrder([...wanted.keys()])
  const missing = absentNames.map((name) => creatable(wanted.get(name) as TopicInfo))
  return {
    fault:
      missing.length === 0
        ? undefined
        : status('MISSING_INTERNAL_TOPICS', `Internal topics are missing: ${summary(absentNames)}`),
    subtopologies: new Map(subtopologies.map((subtopology) => [subtopology.subtopologyId, subtopology])),
    missing,
  }
}

function unusable(fault: Status): ConfiguredTopology {
  return { fault, subtopologies: undefined, missing: [] }
}

function incorrectlyPartitioned(detail: string): ConfiguredTopology {
  return unusable(status('INCORRECTLY_PARTITIONED_TOPICS', detail))
}

const NAMED = 3

function summary(topics: readonly string[]): string {
  const more = topics.length - NAMED
  const named = topics.slice(0, NAMED).join(', ')
  return more > 0 ? `${named} and ${more} additional topics` : named
}

function creatable({ name, partitions, replicationFactor, topicConfigs }: TopicInfo): CreatableTopic {
  return {
    name,
    numPartitions: partitions,
    replicationFactor: replicationFactor === 0 ? -1 : replicationFactor,
    assignments: [],
    configs: topicConfigs.map(({ key, value }) => ({ name: key, value })),
  }
}

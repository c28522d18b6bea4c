import { ProtocolError } from '../../protocol/error.ts'
import { consumerProtocolAssignment } from '../../protocol/formats/consumer-protocol-assignment.ts'
import { consumerProtocolSubscription } from '../../protocol/formats/consumer-protocol-subscription.ts'
import { decodeVersioned, encodeVersioned, type Versioned } from '../../protocol/formats/versioned.ts'
import type { Decoded } from '../../protocol/schema.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { inOrder, type ListedPartitions, partitionsOf, type TopicPartitions } from './topic-partitions.ts'

export type Subscription = Decoded<typeof consumerProtocolSubscription>

/** What a member of the protocol type `consumer` tells in JoinGroup; undefined when it cannot be read. */
export function readSubscription(bytes: Buffer): Versioned<Subscription> | undefined {
  return orUndefined(() => decodeVersioned(consumerProtocolSubscription, bytes, 'as-newest'))
}

/** What a leader assigned, by topic name; undefined when it cannot be read. */
export function readAssignment(bytes: Buffer): Decoded<typeof consumerProtocolAssignment> | undefined {
  return orUndefined(() => decodeVersioned(consumerProtocolAssignment, bytes, 'as-newest').value)
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

type NamedPartitions = readonly { readonly topic: string; readonly partitions: readonly number[] }[]

/** Topics by their ids, those that are there. */
export function withTopicIds(named: NamedPartitions, image: MetadataImage): ListedPartitions {
  return named.flatMap(({ topic, partitions }) => {
    const topicId = image.topicsByName.get(topic)?.topicId
    return topicId === undefined ? [] : [{ topicId, partitions }]
  })
}

export function assignmentOf(named: NamedPartitions, image: MetadataImage): TopicPartitions {
  return partitionsOf(withTopicIds(named, image))
}

/** An assignment for a member whose subscription is `subscription`, in the version of that. */
export function encodeAssignment(
  topics: ReadonlyMap<string, ReadonlySet<number> | ReadonlyMap<number, number>>,
  image: MetadataImage,
  subscription: Buffer,
): Buffer {
  const { min, max } = consumerProtocolAssignment.versions
  const version = Math.max(min, Math.min(readSubscription(subscription)?.version ?? min, max))
  const assignedPartitions = [...topics].flatMap(([topicId, partitions]) => {
    const topic = image.topicsById.get(topicId)?.name
    return topic === undefined ? [] : [{ topic, partitions: inOrder(partitions.keys()) }]
  })
  return encodeVersioned(consumerProtocolAssignment, version, { assignedPartitions, userData: null })
}

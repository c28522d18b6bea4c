// OffsetFetch v0-v10: what groups have committed; of all topics when none are named (v2), of several groups (v8), topics
// by id (v10).
//
// Checked here: who may describe each group and the topics, who coordinates each group, in v10 that topics exist. A group or an offset that there is not is no
// error: the offset is -1. Only v0, which Kafka served before 4.0, calls such a partition unknown.
//
// `requireStable` (v7) asks for UNSTABLE_OFFSET_COMMIT where a transaction has an offset pending (KIP-447).

import { ErrorCode } from '../../protocol/errors.ts'
import { offsetFetch } from '../../protocol/messages/offset-fetch.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import { validateConsumerFetch } from '../groups/consumer/validate-commit.ts'
import type { OffsetsByTopic } from '../groups/offsets/committed-offsets.ts'
import { type FetchedOffset, fetchOffset, NO_OFFSET } from '../groups/offsets/fetch.ts'
import { validateStreamsFetch } from '../groups/streams/validate-commit.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import { DESCRIBE_GROUP, DESCRIBE_TOPIC, may, silently } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'

type OffsetFetchRequest = RequestOf<typeof offsetFetch>
type GroupRequest = OffsetFetchRequest['groups'][number]
type GroupResponse = NonNullable<ResponseOf<typeof offsetFetch>['groups']>[number]
type TopicRequest = NonNullable<GroupRequest['topics']>[number]
type TopicResponse = NonNullable<GroupResponse['topics']>[number]

type OffsetReader = Pick<GroupRequest, 'groupId' | 'memberId' | 'memberEpoch'>

interface GroupOffsets {
  readonly committed: OffsetsByTopic
  /** Whether a transaction may still change what is committed, where the client asks for what is stable. */
  readonly isPending: (topic: string, partition: number) => boolean
}

const NEEDS = [DESCRIBE_GROUP, DESCRIBE_TOPIC, silently(DESCRIBE_TOPIC)]

const TOP_LEVEL_ERROR_SINCE = 2
const BATCHED_SINCE = 8
const TOPIC_IDS_SINCE = 10

export function createOffsetFetchHandler({
  nodeId,
  groupCoordinator,
  metadata,
}: Pick<Parts, 'nodeId' | 'groupCoordinator' | 'metadata'>): Handler {
  return guarded(offsetFetch, NEEDS, (request, context) => {
    const { apiVersion } = context
    const useTopicIds = apiVersion >= TOPIC_IDS_SINCE
    const offsetsOf = ({ groupId, memberId, memberEpoch }: OffsetReader): GroupOffsets | number => {
      if (!may(context, DESCRIBE_GROUP, groupId)) return DESCRIBE_GROUP.errorCode
      const shard = groupCoordinator.shardOf(nodeId, groupId)
      if (!shard) return ErrorCode.NOT_COORDINATOR
      const group = shard.groups.get(groupId)
      if (group?.type === 'consumer' || group?.type === 'streams') {
        const errorCode =
          group.type === 'consumer'
            ? validateConsumerFetch(group, memberId, memberEpoch)
            : validateStreamsFetch(group, memberId, memberEpoch)
        if (errorCode !== ErrorCode.NONE) return errorCode
      }
      const isPending = (topic: string, partition: number) =>
        request.requireStable && shard.pendingOffsets.has(groupId, topic, partition)
      return { committed: shard.offsets.ofGroup(groupId), isPending }
    }
    if (apiVersion >= BATCHED_SINCE) {
      return {
        groups: request.groups.map((asked) => {
          const { groupId, topics } = asked
          const offsets = offsetsOf(asked)
          if (typeof offsets === 'number') return { groupId, errorCode: offsets }
          return { groupId, topics: fetchTopics(metadata.image, offsets, topics, useTopicIds, context) }
        }),
      }
    }
    const topics = request.topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null
    const offsets = offsetsOf({ groupId: request.groupId, memberId: null, memberEpoch: -1 })
    if (typeof offsets === 'number') {
      const errorCode = offsets
      if (apiVersion >= TOP_LEVEL_ERROR_SINCE) return { errorCode }
      return { topics: (topics ?? []).map((topic) => eachPartition(topic, { ...NO_OFFSET, errorCode })) }
    }
    const fetched = fetchTopics(metadata.image, offsets, topics, false, context)
    return { topics: apiVersion === 0 ? fetched.map(unknownInVersion0) : fetched }
  })
}

function fetchTopics(
  image: MetadataImage,
  offsets: GroupOffsets,
  topics: readonly TopicRequest[] | null,
  useTopicIds: boolean,
  context: RequestContext,
): TopicResponse[] {
  if (!topics) return fetchAllTopics(image, offsets, useTopicIds, context)
  const found: TopicResponse[] = []
  const refused: TopicResponse[] = []
  for (const topic of topics) {
    const name = useTopicIds ? image.topicsById.get(topic.topicId)?.name : topic.name
    if (name === undefined) {
      // Kafka leaves metadata and leader epoch of these at their defaults.
      refused.push(eachPartition(topic, { ...NO_OFFSET, errorCode: ErrorCode.UNKNOWN_TOPIC_ID }))
    } else if (!may(context, DESCRIBE_TOPIC, name)) {
      refused.push(eachPartition({ ...topic, name }, { ...NO_OFFSET, errorCode: DESCRIBE_TOPIC.errorCode }))
    } else {
      const committed = offsets.committed.get(name)
      found.push({
        name,
        topicId: topic.topicId,
        partitions: topic.partitionIndexes.map((partition) =>
          offsets.isPending(name, partition)
            ? unstable(partition)
            : fetchOffset(partition, committed?.get(partition), topic.topicId),
        ),
      })
    }
  }
  return [...found, ...refused]
}

function fetchAllTopics(
  image: MetadataImage,
  { committed: all, isPending }: GroupOffsets,
  useTopicIds: boolean,
  context: RequestContext,
): TopicResponse[] {
  const fetched: TopicResponse[] = []
  for (const [name, committed] of all) {
    if (!may(context, DESCRIBE_TOPIC, name)) continue
    const topicId = image.topicsByName.get(name)?.topicId ?? ZERO_UUID
    if (useTopicIds && topicId === ZERO_UUID) continue
    const partitions = [...committed].map(([partition, offset]) =>
      isPending(name, partition) ? unstable(partition) : fetchOffset(partition, offset, ZERO_UUID),
    )
    fetched.push({ name, topicId, partitions })
  }
  return fetched
}

function unstable(partitionIndex: number): FetchedOffset {
  return { partitionIndex, ...NO_OFFSET, errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT }
}

function eachPartition(
  { name, topicId, partitionIndexes }: TopicRequest,
  answer: Omit<FetchedOffset, 'partitionIndex'>,
) {
  return {
    name,
    topicId,
    partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, ...answer })),
  }
}

function unknownInVersion0({ name, partitions }: TopicResponse): TopicResponse {
  return {
    name,
    partitions: (partitions ?? []).map((partition) =>
      partition.committedOffset === NO_OFFSET.committedOffset
        ? { ...partition, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
        : partition,
    ),
  }
}

// OffsetCommit v0-v10: a group commits offsets.
//
// Checked here: who may read the group and the topics, that topics and partitions exist, who coordinates the group; the
// rest in groups/offsets/commit.ts.
// v0 and v1 are what Kafka served before 4.0, except that v0 commits to the coordinator, there being no ZooKeeper.
// v1: the time of each commit. v2-v4: how long to keep it. v7: static members. v10: topics by id.

import { ErrorCode } from '../../protocol/errors.ts'
import { offsetCommit } from '../../protocol/messages/offset-commit.ts'
import type { GroupRecord } from '../groups/group-record.ts'
import {
  type CommittedTopic,
  commitOffset,
  type OffsetCommitRequest,
  type OffsetToCommit,
  validateCommit,
} from '../groups/offsets/commit.ts'
import type { MetadataImage, TopicState } from '../metadata/image.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { may, mayTopic, READ_GROUP, READ_TOPIC } from '../security/authorization/needs.ts'
import { PartitionErrors } from './partition-errors.ts'
import type { Parts } from './parts.ts'

type TopicRequest = OffsetCommitRequest['topics'][number]

const TOPIC_IDS_SINCE = 10

export function createOffsetCommitHandler({
  nodeId,
  groupCoordinator,
  metadata,
}: Pick<Parts, 'nodeId' | 'groupCoordinator' | 'metadata'>): Handler {
  return guarded(offsetCommit, [READ_GROUP, READ_TOPIC], (request, context) => {
    if (!may(context, READ_GROUP, request.groupId)) return refuse(request, READ_GROUP.errorCode)
    const { apiVersion } = context
    const useTopicIds = apiVersion >= TOPIC_IDS_SINCE
    const response = new PartitionErrors(useTopicIds)
    const known: [topic: CommittedTopic, partitions: OffsetToCommit[]][] = []
    for (const asked of request.topics) {
      const topic = findTopic(metadata.image, asked, useTopicIds)
      const isHidden =
        (topic || !useTopicIds) && !mayTopic(context, READ_TOPIC, topic, topic?.name ?? asked.name)
      if (!topic || isHidden) {
        const unknown = useTopicIds ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        const errorCode = isHidden ? READ_TOPIC.errorCode : unknown
        for (const { partitionIndex } of asked.partitions) response.add(asked, partitionIndex, errorCode)
        continue
      }
      const partitions = asked.partitions.filter(({ partitionIndex }) => topic.partitions[partitionIndex])
      for (const partition of asked.partitions) {
        if (partitions.includes(partition)) continue
        response.add(topic, partition.partitionIndex, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      }
      if (partitions.length > 0) known.push([topic, partitions])
    }
    if (known.length === 0) return { topics: response.topics }
    const shard = groupCoordinator.shardOf(nodeId, request.groupId)
    const errorCode = shard
      ? validateCommit(shard, request, partitionsOf(known), apiVersion)
      : ErrorCode.NOT_COORDINATOR
    const records: GroupRecord[] = []
    for (const [topic, partitions] of known) {
      for (const partition of partitions) {
        const commits = shard && errorCode === ErrorCode.NONE
        response.add(
          topic,
          partition.partitionIndex,
          commits ? commitOffset(shard, request, topic, partition, records) : errorCode,
        )
      }
    }
    shard?.writeOffsets(records)
    return { topics: response.topics }
  })
}

function* partitionsOf(known: readonly [topic: CommittedTopic, partitions: readonly OffsetToCommit[]][]) {
  for (const [{ name, topicId }, partitions] of known) {
    for (const { partitionIndex } of partitions) yield { name, topicId, partitionIndex }
  }
}

function refuse({ topics }: OffsetCommitRequest, errorCode: number) {
  return {
    topics: topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }
}

function findTopic(image: MetadataImage, asked: TopicRequest, useTopicIds: boolean): TopicState | undefined {
  return useTopicIds ? image.topicsById.get(asked.topicId) : image.topicsByName.get(asked.name)
}

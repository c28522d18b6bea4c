// DescribeShareGroupOffsets v0-v1 (KIP-932): where share groups begin in the partitions they read. v1: how many records
// they have yet to do with (KIP-1226).
//
// Checked here: who may describe each group and each topic; where all topics are asked for, who coordinates the group.

import { ErrorCode } from '../../protocol/errors.ts'
import { describeShareGroupOffsets } from '../../protocol/messages/describe-share-group-offsets.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { sharedOffset } from '../groups/share/offsets.ts'
import { inOrder } from '../groups/topic-partitions.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import { DESCRIBE_GROUP, DESCRIBE_TOPIC, may, silently } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'
import { areShareGroupsEnabled } from './share-groups-enabled.ts'

type AskedGroup = RequestOf<typeof describeShareGroupOffsets>['groups'][number]
type AskedTopic = NonNullable<AskedGroup['topics']>[number]
type DescribedGroup = NonNullable<ResponseOf<typeof describeShareGroupOffsets>['groups']>[number]
type DescribedTopic = NonNullable<DescribedGroup['topics']>[number]
type OffsetParts = Pick<Parts, 'nodeId' | 'groupCoordinator' | 'shareCoordinator' | 'metadata'>

export function createDescribeShareGroupOffsetsHandler(parts: OffsetParts): Handler {
  const { nodeId, groupCoordinator, metadata } = parts
  const describe = ({ groupId, topics }: AskedGroup, context: RequestContext): DescribedGroup => {
    if (!areShareGroupsEnabled(metadata.image)) return { groupId, errorCode: ErrorCode.UNSUPPORTED_VERSION }
    if (!may(context, DESCRIBE_GROUP, groupId)) return { groupId, errorCode: DESCRIBE_GROUP.errorCode }
    if (topics !== null) return describeTopics(parts, groupId, topics, context)
    const shard = groupCoordinator.shardOf(nodeId, groupId)
    if (!shard) return { groupId, errorCode: ErrorCode.NOT_COORDINATOR }
    const group = shard.groups.get(groupId)
    // A group that is not there, or is no share group, has read nothing.
    const initialized = group?.type === 'share' ? [...group.initialized] : []
    const all = initialized.flatMap(([topicId, partitions]) => {
      const name = metadata.image.topicsById.get(topicId)?.name
      const isSeen = name !== undefined && may(context, DESCRIBE_TOPIC, name)
      return isSeen ? [describeTopic(parts, groupId, topicId, name, inOrder(partitions))] : []
    })
    return { groupId, topics: all }
  }
  return guarded(
    describeShareGroupOffsets,
    [DESCRIBE_GROUP, DESCRIBE_TOPIC, silently(DESCRIBE_TOPIC)],
    ({ groups }, context) => ({
      groups: groups.map((group) => describe(group, context)),
    }),
  )
}

/** Kafka answers for those that are there, those that are not, and those that may not be seen, in that order. */
function describeTopics(
  parts: OffsetParts,
  groupId: string,
  topics: readonly AskedTopic[],
  context: RequestContext,
): DescribedGroup {
  const there: DescribedTopic[] = []
  const absent: DescribedTopic[] = []
  const hidden: DescribedTopic[] = []
  for (const { topicName, partitions } of topics) {
    const topic = parts.metadata.image.topicsByName.get(topicName)
    if (!may(context, DESCRIBE_TOPIC, topicName)) {
      hidden.push(nothingOf(topicName, partitions, DESCRIBE_TOPIC.errorCode))
    } else if (!topic) absent.push(nothingOf(topicName, partitions, ErrorCode.NONE))
    else if (partitions.length === 0 || partitions.some((partition) => partition < 0)) {
      const errorMessage = `Of topic ${topicName} no partitions were asked for, or such as there cannot be.`
      return { groupId, errorCode: ErrorCode.UNKNOWN_SERVER_ERROR, errorMessage }
    } else there.push(describeTopic(parts, groupId, topic.topicId, topicName, partitions))
  }
  return { groupId, topics: [...there, ...absent, ...hidden] }
}

function describeTopic(
  { shareCoordinator }: OffsetParts,
  groupId: string,
  topicId: string,
  topicName: string,
  partitions: readonly number[],
): DescribedTopic {
  return {
    topicId,
    topicName,
    partitions: partitions.map((partitionIndex) => ({
      partitionIndex,
      ...sharedOffset(shareCoordinator, groupId, topicId, partitionIndex),
    })),
  }
}

function nothingOf(topicName: string, partitions: readonly number[], errorCode: ErrorCode): DescribedTopic {
  return {
    topicName,
    partitions: partitions.map((partitionIndex) => ({ partitionIndex, errorCode, startOffset: -1 })),
  }
}

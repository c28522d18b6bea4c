// DescribeShareGroupOffsets v0-v1 (KIP-932): where share groups begin in the partitions they read. v1: how many records
// they have yet to do with (KIP-1226).
//
// Checked here: who may describe each group and each topic, who coordinates the group.

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
type DescribedGroup = NonNullable<ResponseOf<typeof describeShareGroupOffsets>['groups']>[number]
type DescribedTopic = NonNullable<DescribedGroup['topics']>[number]

export function createDescribeShareGroupOffsetsHandler({
  nodeId,
  groupCoordinator,
  metadata,
}: Pick<Parts, 'nodeId' | 'groupCoordinator' | 'metadata'>): Handler {
  const describe = ({ groupId, topics }: AskedGroup, context: RequestContext): DescribedGroup => {
    if (!areShareGroupsEnabled(metadata.image)) return { groupId, errorCode: ErrorCode.UNSUPPORTED_VERSION }
    if (!may(context, DESCRIBE_GROUP, groupId)) return { groupId, errorCode: DESCRIBE_GROUP.errorCode }
    const shard = groupCoordinator.shardOf(nodeId, groupId)
    if (!shard) return { groupId, errorCode: ErrorCode.NOT_COORDINATOR }
    const group = shard.groups.get(groupId)
    if (group?.type !== 'share') {
      const errorMessage = group ? `Group ${groupId} is not a share group.` : `Group ${groupId} not found.`
      return { groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
    }
    const describeTopic = (
      topicId: string,
      topicName: string,
      partitions: readonly number[],
    ): DescribedTopic => ({
      topicId,
      topicName,
      partitions: partitions.map((partitionIndex) => ({
        partitionIndex,
        ...sharedOffset(shard, group, topicId, partitionIndex),
      })),
    })
    if (topics === null) {
      const all = [...group.initialized].flatMap(([topicId, partitions]) => {
        const name = metadata.image.topicsById.get(topicId)?.name
        const isSeen = name !== undefined && may(context, DESCRIBE_TOPIC, name)
        return isSeen ? [describeTopic(topicId, name, inOrder(partitions))] : []
      })
      return { groupId, topics: all }
    }
    return {
      groupId,
      topics: topics.map(({ topicName, partitions }) => {
        if (!may(context, DESCRIBE_TOPIC, topicName))
          return refused(topicName, partitions, DESCRIBE_TOPIC.errorCode)
        const topic = metadata.image.topicsByName.get(topicName)
        if (!topic) return refused(topicName, partitions, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        return describeTopic(topic.topicId, topicName, partitions)
      }),
    }
  }
  return guarded(
    describeShareGroupOffsets,
    [DESCRIBE_GROUP, DESCRIBE_TOPIC, silently(DESCRIBE_TOPIC)],
    ({ groups }, context) => ({
      groups: groups.map((group) => describe(group, context)),
    }),
  )
}

function refused(topicName: string, partitions: readonly number[], errorCode: ErrorCode): DescribedTopic {
  return {
    topicName,
    partitions: partitions.map((partitionIndex) => ({ partitionIndex, errorCode, startOffset: -1 })),
  }
}

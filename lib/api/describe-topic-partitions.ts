// DescribeTopicPartitions, version 0 (KIP-966). Topics in order of their names, so many partitions at a time, and where to
// go on.
//
// Checks: the cursor; who may describe the topics; names that no topic can have.
// Left out: eligible leader replicas: there are none here, as in a cluster without that feature.

import { ErrorCode } from '../../protocol/errors.ts'
import { describeTopicPartitions } from '../../protocol/messages/describe-topic-partitions.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { isInternalTopic, topicNameFault } from '../metadata/topic-name.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import { ResourceType } from '../security/authorization/acl.ts'
import { DESCRIBE_TOPIC, may, silently } from '../security/authorization/needs.ts'
import { authorizedOperations } from './authorized-operations.ts'
import { ListenerView } from './listener-view.ts'
import type { Parts } from './parts.ts'

type Request = RequestOf<typeof describeTopicPartitions>
type Response = ResponseOf<typeof describeTopicPartitions>
type Topic = NonNullable<Response['topics']>[number]

/** A version of Metadata that shows replicas as this API does. */
const METADATA_VERSION = 13

export function createDescribeTopicPartitionsHandler({
  nodeId,
  metadata,
  configs,
}: Pick<Parts, 'nodeId' | 'metadata' | 'configs'>): Handler {
  return guarded(describeTopicPartitions, [DESCRIBE_TOPIC, silently(DESCRIBE_TOPIC)], (request, context) => {
    const { topics, cursor, responsePartitionLimit } = request
    const names = namesFrom(request, metadata.image)
    if (cursor && (cursor.partitionIndex < 0 || (topics.length > 0 && !names.includes(cursor.topicName)))) {
      return { topics: topics.map(({ name }) => ({ errorCode: ErrorCode.INVALID_REQUEST, name })) }
    }
    const most = configs.brokerConfig(nodeId).maxRequestPartitionSizeLimit
    const limit = Math.max(1, Math.min(most, responsePartitionLimit))
    const start = (name: string) => (cursor?.topicName === name ? cursor.partitionIndex : 0)
    const visible = names.filter((name) => may(context, DESCRIBE_TOPIC, name))
    const described = describe(metadata.image, visible, context, limit, start, topics.length === 0)
    if (topics.length === 0 || visible.length === names.length) return described
    // Those that may not be seen come on top of the limit.
    const hidden = names.filter((name) => !visible.includes(name))
    const refused = hidden.map((name) => ({ errorCode: DESCRIBE_TOPIC.errorCode, name }))
    return { ...described, topics: [...(described.topics ?? []), ...refused] }
  })
}

/** The topics asked for that are not before the cursor. */
function namesFrom({ topics, cursor }: Request, image: MetadataImage): string[] {
  const asked = topics.length === 0 ? image.topicsByName.keys() : topics.map(({ name }) => name)
  const first = cursor?.topicName ?? ''
  return [...new Set(asked)].filter((name) => name >= first).sort()
}

/** `KRaftMetadataCache.describeTopicResponse`. */
function describe(
  image: MetadataImage,
  names: readonly string[],
  context: RequestContext,
  limit: number,
  start: (name: string) => number,
  isEverything: boolean,
): Response {
  const view = new ListenerView(image, context.session.listenerName)
  const topics: Topic[] = []
  let room = limit
  for (const name of names) {
    if (room <= 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } }
    const topic = image.topicsByName.get(name)
    const shared = {
      name,
      isInternal: isInternalTopic(name),
      topicAuthorizedOperations: authorizedOperations(context, ResourceType.TOPIC, name),
    }
    if (!topic) {
      if (isEverything) continue
      const invalid = topicNameFault(name) !== undefined
      const errorCode = invalid ? ErrorCode.INVALID_TOPIC_EXCEPTION : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      topics.push({ ...shared, errorCode })
      continue
    }
    const first = start(name)
    const shown = topic.partitions.slice(first, first + room).map((partition) => ({
      ...view.partition(partition, METADATA_VERSION),
      errorCode: ErrorCode.NONE,
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
    }))
    topics.push({ ...shared, topicId: topic.topicId, partitions: shown })
    room -= shown.length
    const next = first + shown.length
    if (next < topic.partitions.length)
      return { topics, nextCursor: { topicName: name, partitionIndex: next } }
  }
  return { topics }
}

import { ErrorCode } from '../../protocol/errors.ts'
import { deleteRecords } from '../../protocol/messages/delete-records.ts'
import { isInternalTopic } from '../metadata/topic-name.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { DELETE_TOPIC, may } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'

/*
 * DeleteRecords, v0 to v2: moves the start of partitions' logs up to an offset, -1 for all that can be read (KIP-107).
 *
 * Refused to those who may not delete the topic, for internal topics, and for topics whose cleanup.policy is to compact only. It never waits: replicas share
 * the leader's log, so its low watermark is theirs.
 */

export function createDeleteRecordsHandler({
  metadata,
  replicas,
}: Pick<Parts, 'metadata' | 'replicas'>): Handler {
  return guarded(deleteRecords, [DELETE_TOPIC], (request, context) => ({
    topics: request.topics.map(({ name, partitions }) => {
      const mayDelete = may(context, DELETE_TOPIC, name)
      return {
        name,
        partitions: partitions.map(({ partitionIndex, offset }) => {
          if (!mayDelete) return { partitionIndex, lowWatermark: -1, errorCode: DELETE_TOPIC.errorCode }
          const isKnown = metadata.image.topicsByName.get(name)?.partitions[partitionIndex] !== undefined
          if (isKnown && isInternalTopic(name)) {
            return { partitionIndex, lowWatermark: -1, errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION }
          }
          return { partitionIndex, ...replicas.deleteRecords(name, partitionIndex, offset) }
        }),
      }
    }),
  }))
}

import { ErrorCode } from '../../protocol/errors.ts'
import { deleteRecords } from '../../protocol/messages/delete-records.ts'
import { isInternalTopic } from '../metadata/topic-name.ts'
import { type Handler, handler } from '../network/handler.ts'
import type { Parts } from './parts.ts'

/*
 * DeleteRecords, v0 to v2: moves the start of partitions' logs up to an offset, -1 for all that can be read (KIP-107).
 *
 * Refused for internal topics, and for topics whose cleanup.policy is to compact only. It never waits: replicas share
 * the leader's log, so its low watermark is theirs.
 */

export function createDeleteRecordsHandler({
  metadata,
  replicas,
}: Pick<Parts, 'metadata' | 'replicas'>): Handler {
  return handler(deleteRecords, (request) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, offset }) => {
        const isKnown = metadata.image.topicsByName.get(name)?.partitions[partitionIndex] !== undefined
        if (isKnown && isInternalTopic(name)) {
          return { partitionIndex, lowWatermark: -1, errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION }
        }
        return { partitionIndex, ...replicas.deleteRecords(name, partitionIndex, offset) }
      }),
    })),
  }))
}

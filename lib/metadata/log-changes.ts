import type { Logger } from '../lab/logger.ts'
import { shownValue } from './hidden.ts'
import type { MetadataRecord } from './records.ts'

/** Writes a line for each change that a person who watches the cluster wants to see. */
export function logMetadataChanges(records: readonly MetadataRecord[], logger: Logger): void {
  const partitions = new Map<string, number>()
  for (const record of records) {
    if (record.type === 'PartitionRecord')
      partitions.set(record.topicId, (partitions.get(record.topicId) ?? 0) + 1)
  }
  for (const record of records) {
    switch (record.type) {
      case 'TopicRecord':
        logger.info('topic created', { topic: record.name, partitions: partitions.get(record.topicId) })
        break
      case 'RemoveTopicRecord':
        logger.info('topic deleted', { topicId: record.topicId })
        break
      case 'ConfigRecord':
        logger.info('config changed', {
          resource: record.resourceName,
          config: record.name,
          value: shownValue(record),
        })
        break
      case 'AccessControlEntryRecord': {
        const { type: _, ...acl } = record
        logger.debug('ACL created', acl)
        break
      }
      case 'RemoveAccessControlEntryRecord':
        logger.debug('ACL deleted', { id: record.id })
        break
      case 'PartitionChangeRecord':
        if (record.leader !== undefined) {
          const { topicId, partitionId, leader } = record
          logger.debug('leader changed', { topicId, partition: partitionId, leader })
        }
    }
  }
}

import { metadataHash } from '../metadata-hash.ts'
import type { GroupShard } from '../shard.ts'
import type { ShareGroup } from './group.ts'
import { epochRecord } from './records.ts'

/** Raises the group epoch where `isChanged`, or where the topics are others than they were. */
export function raiseShareGroupEpoch(shard: GroupShard, group: ShareGroup, isChanged: boolean): void {
  const { metadata, topicChanges } = shard.services
  if (!isChanged && group.topicsCheckedAt === topicChanges.version) return
  const hash = metadataHash(metadata.image, group.subscribedTopics)
  group.topicsCheckedAt = topicChanges.version
  if (!isChanged && hash === group.metadataHash) return
  shard.write([epochRecord(group.groupId, group.groupEpoch + 1, hash)])
}

import { metadataHash } from '../metadata-hash.ts'
import type { GroupShard } from '../shard.ts'
import type { ConsumerGroup } from './group.ts'
import { epochRecord } from './records.ts'

/** Raises the group epoch where `isChanged`, or where the topics that the group subscribes to are others than they were. */
export function raiseGroupEpoch(shard: GroupShard, group: ConsumerGroup, isChanged: boolean): void {
  const { metadata, topicChanges } = shard.services
  const hash = metadataHash(metadata.image, group.subscriptions.topics())
  group.topicsCheckedAt = topicChanges.version
  if (!isChanged && hash === group.metadataHash) return
  shard.write([epochRecord(group.groupId, group.groupEpoch + 1, hash)])
}

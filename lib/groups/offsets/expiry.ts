import { deleteGroup } from '../delete-group.ts'
import type { GroupRecord } from '../group-record.ts'
import type { Group, GroupShard } from '../shard.ts'
import { type CommittedOffset, offsetTombstone } from './committed-offsets.ts'

const MINUTE_MS = 60_000

/** Looks for what has expired every `offsets.retention.check.interval.ms`, as long as the shard is loaded. */
export function scheduleExpiry(shard: GroupShard): void {
  shard.expiryTimer = shard.services.clock.setTimer(shard.config.offsetsRetentionCheckIntervalMs, () => {
    expire(shard)
    scheduleExpiry(shard)
  })
}

/** Deletes offsets whose time is over, and empty groups that have none left (`GroupCoordinatorShard.cleanupGroupMetadata`). */
function expire(shard: GroupShard): void {
  for (const group of [...shard.groups.values()]) {
    // A share group stays, empty or not: what it has read is not kept among the offsets.
    if (group.type === 'share') continue
    if (expireOffsets(shard, group) && group.isEmpty) deleteGroup(shard, group)
  }
}

/** @returns whether no offset is left */
function expireOffsets(shard: GroupShard, group: Group): boolean {
  const topics = shard.offsets.ofGroup(group.groupId)
  const isPending = shard.pendingOffsets.hasGroup(group.groupId)
  if (topics.size === 0) return !isPending
  const since = expiryBegins(group)
  if (!since) return false
  const now = shard.services.clock.now()
  const retentionMs = shard.config.offsetsRetentionMinutes * MINUTE_MS
  let allExpired = true
  const records: GroupRecord[] = []
  for (const [topic, partitions] of topics) {
    const isSubscribed = group.isSubscribedTo(topic)
    for (const [partition, committed] of partitions) {
      const { expireTimestampMs } = committed
      const expires = expireTimestampMs === -1 ? since(committed) + retentionMs : expireTimestampMs
      const isKept = isPending && shard.pendingOffsets.has(group.groupId, topic, partition)
      if (isSubscribed || isKept || now < expires) allExpired = false
      else records.push(offsetTombstone(group.groupId, topic, partition))
    }
  }
  shard.writeOffsets(records)
  return allExpired && !isPending
}

/**
 * From when the retention counts (KIP-496, `Group.offsetExpirationCondition`): from when an empty classic group became
 * empty; from the commit in consumer groups, where nobody joins the group, or for topics that a stable classic group of
 * consumers has left. Otherwise nothing expires.
 */
function expiryBegins(group: Group): ((committed: CommittedOffset) => number) | undefined {
  if (group.type !== 'classic' || group.protocolType === null) return sinceCommit
  if (group.isEmpty) {
    const { stateTimestampMs } = group
    return stateTimestampMs === -1 ? sinceCommit : () => stateTimestampMs
  }
  const knowsWhatItReads = group.usesConsumerProtocol && group.knowsSubscribedTopics
  return knowsWhatItReads && group.state === 'Stable' ? sinceCommit : undefined
}

function sinceCommit({ commitTimestampMs }: CommittedOffset): number {
  return commitTimestampMs
}

import { groupMetadata } from '../../protocol/formats/consumer-offsets/group-metadata.ts'
import { groupTombstones as consumerGroupTombstones } from './consumer/records.ts'
import type { Group, GroupShard } from './shard.ts'
import { groupTombstones as shareGroupTombstones } from './share/records.ts'
import { deleteStates } from './share/states.ts'
import { groupTombstones as streamsGroupTombstones } from './streams/records.ts'

/** Takes the group away; what it committed stays. */
export function deleteGroup(shard: GroupShard, group: Group): void {
  switch (group.type) {
    case 'consumer':
      shard.write(consumerGroupTombstones(group))
      break
    case 'share':
      for (const topicId of group.initialized.keys()) deleteStates(shard, group, topicId)
      shard.write(shareGroupTombstones(group))
      break
    case 'streams':
      shard.write(streamsGroupTombstones(group))
      break
    case 'classic':
      group.cancelTimers()
      group.go('Dead')
      shard.groups.delete(group.groupId)
      shard.log.append([{ record: groupMetadata, key: { group: group.groupId }, value: null }])
  }
}

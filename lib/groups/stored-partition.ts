import type { groupMetadata } from '../../protocol/formats/consumer-offsets/group-metadata.ts'
import type { Decoded } from '../../protocol/schema.ts'
import { CommittedOffsets } from './offsets/committed-offsets.ts'

export type GroupMetadataValue = Decoded<(typeof groupMetadata)['value']>

/**
 * What one partition of `__consumer_offsets` holds once compacted: by group the last GroupMetadata value, by group and
 * partition the last committed offset. It is all that the next coordinator learns; what a coordinator knows beyond it
 * (a rebalance under way, pending members) is lost when it goes.
 */
export class StoredPartition {
  readonly groups = new Map<string, GroupMetadataValue>()
  readonly offsets = new CommittedOffsets()

  get isEmpty(): boolean {
    return this.groups.size === 0 && this.offsets.groupIds()[Symbol.iterator]().next().done === true
  }
}

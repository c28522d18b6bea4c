import type { PartitionState } from '../image.ts'
import type { PartitionChangeRecord } from '../records.ts'

/**
 * `online`: keep the leader while it can lead; `preferred`: the first replica if it can lead; `unclean`: as `online`,
 * but rather a replica that may have lost records than none.
 */
export type Election = 'online' | 'preferred' | 'unclean'

export const NO_LEADER = -1

/**
 * The change of a partition whose in-sync replicas or whose brokers' state changed, undefined if nothing changes
 * (`PartitionChangeBuilder`, without eligible leader replicas). In-sync replicas never become none: the last one
 * stays in, up or not, because it alone is known to have everything.
 *
 * @param targetIsr what the in-sync replicas should become
 */
export function electLeader(
  partition: PartitionState,
  targetIsr: readonly number[],
  election: Election,
  canLead: (broker: number) => boolean,
): PartitionChangeRecord | undefined {
  const { topicId, partitionIndex: partitionId } = partition
  const clean = cleanLeader(partition, targetIsr, election, canLead)
  let leader = clean ?? NO_LEADER
  let isr = targetIsr.length > 0 ? targetIsr : partition.isr
  if (clean === undefined && election === 'unclean') {
    const unclean = partition.replicas.find(canLead)
    if (unclean !== undefined) {
      leader = unclean
      isr = [unclean]
    }
  }
  const leaderChanges = leader !== partition.leader
  const isrChanges = !sameReplicas(isr, partition.isr)
  if (!leaderChanges && !isrChanges) return undefined
  return {
    type: 'PartitionChangeRecord',
    topicId,
    partitionId,
    ...(isrChanges ? { isr } : {}),
    ...(leaderChanges ? { leader } : {}),
  }
}

function cleanLeader(
  partition: PartitionState,
  isr: readonly number[],
  election: Election,
  canLead: (broker: number) => boolean,
): number | undefined {
  const canLeadCleanly = (broker: number) => isr.includes(broker) && canLead(broker)
  const preferred = partition.replicas[0] as number
  if (election === 'preferred' && canLeadCleanly(preferred)) return preferred
  if (canLeadCleanly(partition.leader)) return partition.leader
  return partition.replicas.find(canLeadCleanly)
}

function sameReplicas(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((broker, index) => broker === right[index])
}

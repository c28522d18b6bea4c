import type { MetadataImage, PartitionState, TopicState } from '../image.ts'
import type { BrokerEndpoint, MetadataRecord } from '../records.ts'
import { electLeader, NO_LEADER } from './elections.ts'

/** Whether a topic takes a leader that may have lost records (`unclean.leader.election.enable`). */
export type UncleanRule = (topic: string) => boolean

/** What a broker says of itself when it comes up. */
export interface BrokerRegistrationRequest {
  readonly brokerId: number
  readonly endPoints: readonly BrokerEndpoint[]
  readonly rack: string | null
}

/**
 * The records of a broker that went away: it leaves the in-sync replicas that have others, and what it led gets
 * another leader (`ReplicationControlManager.handleBrokerFenced`).
 */
export function fenceBroker(image: MetadataImage, brokerId: number, unclean: UncleanRule): MetadataRecord[] {
  const records: MetadataRecord[] = []
  const canLead = (broker: number) => broker !== brokerId && image.isActive(broker)
  for (const [topic, partition] of partitionsOf(image)) {
    if (!partition.isr.includes(brokerId)) continue
    const isr = partition.isr.filter((broker) => broker !== brokerId)
    const change = electLeader(partition, isr, unclean(topic.name) ? 'unclean' : 'online', canLead)
    if (change) records.push(change)
  }
  records.push({ type: 'BrokerRegistrationChangeRecord', brokerId, fenced: true })
  return records
}

/**
 * The records of a broker that is up: partitions that had no leader may get it (`handleBrokerUnfenced`), and it is in
 * sync at once wherever somebody leads, since all replicas of a partition share one log. In Kafka, that takes the
 * fetches of the follower and an AlterPartition by the leader.
 */
export function registerBroker(
  image: MetadataImage,
  request: BrokerRegistrationRequest,
  brokerEpoch: number,
  unclean: UncleanRule,
): MetadataRecord[] {
  const { brokerId, endPoints, rack } = request
  const records: MetadataRecord[] = [
    { type: 'RegisterBrokerRecord', brokerId, brokerEpoch, endPoints, rack, fenced: true },
    { type: 'BrokerRegistrationChangeRecord', brokerId, fenced: false },
  ]
  const isUp = (broker: number) => broker === brokerId || image.isActive(broker)
  for (const [topic, partition] of partitionsOf(image)) {
    if (!partition.replicas.includes(brokerId)) continue
    let { leader, isr } = partition
    if (leader === NO_LEADER) {
      const election = unclean(topic.name) ? 'unclean' : 'online'
      const change = electLeader(partition, isr, election, isUp)
      if (!change) continue
      records.push(change)
      leader = change.leader ?? leader
      isr = change.isr ?? isr
    }
    const returning = partition.replicas.filter((broker) => isUp(broker) && !isr.includes(broker))
    if (leader === NO_LEADER || returning.length === 0) continue
    records.push({
      type: 'PartitionChangeRecord',
      topicId: topic.topicId,
      partitionId: partition.partitionIndex,
      isr: [...isr, ...returning],
    })
  }
  return records
}

/** The records of a cluster that was switched off as a whole: replicas share one log, so all of them are in sync. */
export function bringAllDown(image: MetadataImage): MetadataRecord[] {
  const records: MetadataRecord[] = []
  for (const [{ topicId }, { partitionIndex: partitionId, replicas, isr, leader }] of partitionsOf(image)) {
    if (leader === NO_LEADER && isr.length === replicas.length) continue
    records.push({ type: 'PartitionChangeRecord', topicId, partitionId, isr: replicas, leader: NO_LEADER })
  }
  return records
}

/** Every partition of the cluster. */
export function* partitionsOf(image: MetadataImage): Generator<[TopicState, PartitionState]> {
  for (const topic of image.topicsByName.values()) {
    for (const partition of topic.partitions) yield [topic, partition]
  }
}

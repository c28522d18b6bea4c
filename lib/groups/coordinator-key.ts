import { javaHash } from './java-hash.ts'

/** The topics whose partitions' leaders are coordinators; created when one is first looked for. */
export const COORDINATOR_TOPICS = {
  GROUP: '__consumer_offsets',
  TRANSACTION: '__transaction_state',
  SHARE: '__share_group_state',
} as const

export type CoordinatorTopic = (typeof COORDINATOR_TOPICS)[keyof typeof COORDINATOR_TOPICS]

/** The partition whose leader coordinates the key (`GroupCoordinatorService.partitionFor`). */
export function coordinatorPartition(key: string, partitions: number): number {
  const hash = javaHash(key)
  // Java cannot negate its smallest int; Kafka takes 0 instead (`Utils.abs`).
  return (hash === -2147483648 ? 0 : Math.abs(hash)) % partitions
}

import { javaHash } from './java-hash.ts'

/** The partition whose leader coordinates the key (`GroupCoordinatorService.partitionFor`). */
export function coordinatorPartition(key: string, partitions: number): number {
  const hash = javaHash(key)
  // Java cannot negate its smallest int; Kafka takes 0 instead (`Utils.abs`).
  return (hash === -2147483648 ? 0 : Math.abs(hash)) % partitions
}

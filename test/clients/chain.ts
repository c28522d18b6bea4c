import type { Job } from './client.ts'
import { runWithOrders } from './orders.ts'

const RECORDS = 200_000
const PARTITIONS = 6

/** Three stages that consume, transform and produce exactly once, as the README tells; once with each protocol of groups. */
export function chainJobs(client: string, command: (folder: string) => readonly string[]): Job[] {
  return ['classic', 'consumer'].map((group) => ({
    name: `${client} exactly once ${group}`,
    run: (context) =>
      runWithOrders(context, command(context.folder), { group, records: RECORDS, partitions: PARTITIONS }),
  }))
}

import type { Job } from './client.ts'
import { runWithOrders } from './orders.ts'

/** Each is written four times, once to the first topic and once by each stage. */
const RECORDS = 50_000
const PARTITIONS = 6

/** Three stages that consume, transform and produce exactly once, as the README tells. */
export function chainJob(client: string, command: (folder: string) => readonly string[]): Job {
  return {
    name: `${client} exactly once`,
    run: (context) =>
      runWithOrders(context, command(context.folder), { records: RECORDS, partitions: PARTITIONS }),
  }
}

import type { Job } from '../client.ts'
import { runWithOrders } from '../orders.ts'

/** The Java client against three brokers, of which one is stopped and started when the program asks for it. */
export function threeBrokersJob(command: (folder: string) => readonly string[]): Job {
  return {
    name: 'java three brokers',
    run: (context) =>
      runWithOrders(context, command(context.folder), {
        records: 1_000_000,
        partitions: 6,
        'base-timestamp': Math.floor(Date.now() / 1000 - 7200) * 1000,
      }),
  }
}

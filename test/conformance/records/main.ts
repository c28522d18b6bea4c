import { checkRecords } from './check.ts'

/** The record formats, against Kafka's own classes in both directions. */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  const { compared, differences, details } = await checkRecords()
  return { passed: compared - differences, failed: differences, details }
}

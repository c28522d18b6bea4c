import { Cluster } from '../../../lib/index.ts'
import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import { scenario } from './scenario.ts'
import { throttling } from './throttling.ts'

const SHOWN = 20

/** The same quotas used up at Kafka and with us, and asked of both; each answer is one comparison. */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  const [theirs, ours] = [await kafkaAnswers(), await josephkAnswers()]
  let passed = 0
  const details: string[] = []
  for (let line = 0; line < Math.max(theirs.length, ours.length); line++) {
    if (theirs[line] === ours[line]) passed++
    else details.push(`kafka:   ${theirs[line]}\n    josephk: ${ours[line]}`)
  }
  return { passed, failed: details.length, details: details.slice(0, SHOWN) }
}

async function kafkaAnswers(): Promise<string[]> {
  await using kafka = await startRealKafka()
  return await answers(kafka.bootstrapServers)
}

async function josephkAnswers(): Promise<string[]> {
  await using cluster = await Cluster.start()
  return await answers(cluster.bootstrapServers)
}

async function answers(address: string): Promise<string[]> {
  return [...(await throttling(address)), ...(await scenario(address))]
}

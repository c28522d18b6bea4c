import { Cluster } from '../../../lib/index.ts'
import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import { scenario } from './scenario.ts'

const SHOWN = 20

/** The same quotas asked of Kafka and of us; each answer is one comparison. */
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
  return await scenario(kafka.bootstrapServers)
}

async function josephkAnswers(): Promise<string[]> {
  await using cluster = await Cluster.start()
  return await scenario(cluster.bootstrapServers)
}

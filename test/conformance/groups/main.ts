import { Cluster } from '../../../lib/index.ts'
import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import { KafkaPeer } from './kafka-peer.ts'
import { CONFIGS } from './peer.ts'
import { SCRIPTS, transcriptOf } from './scripts.ts'

/** Scripts mind the time, so the machine must not be too busy. */
const AT_ONCE = 3
const WARM_UP = 3
const LONGEST_SCRIPT_MS = 60_000

export type Answers = Record<string, readonly string[]>

/** Each line of each script is one comparison: the same requests to Kafka and to us, and what was answered. */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  const [theirs, ours] = await Promise.all([kafkaAnswers(), josephkAnswers()])
  let passed = 0
  const details: string[] = []
  for (const { name } of SCRIPTS) {
    const [expected = [], actual = []] = [theirs[name], ours[name]]
    for (let line = 0; line < Math.max(expected.length, actual.length); line++) {
      if (expected[line] === actual[line]) passed++
      else details.push(`${name}\n    kafka:   ${expected[line]}\n    josephk: ${actual[line]}`)
    }
  }
  return { passed, failed: details.length, details }
}

/** What a real Kafka answers. */
export async function kafkaAnswers(): Promise<Answers> {
  await using kafka = await startRealKafka({ properties: CONFIGS })
  return await answersOf(kafka.bootstrapServers)
}

async function josephkAnswers(): Promise<Answers> {
  await using cluster = await Cluster.start({ brokers: [{ nodeId: 1 }], config: CONFIGS })
  return await answersOf(cluster.bootstrapServers)
}

async function answersOf(address: string): Promise<Answers> {
  const peer = await KafkaPeer.connect(address)
  // A JVM that has just begun answers so late that time which scripts count with has gone by.
  for (const script of SCRIPTS.slice(0, WARM_UP))
    await transcriptOf({ ...script, name: `warm up ${script.name}` }, peer)
  const answers: Answers = {}
  const waiting = [...SCRIPTS]
  const worker = async () => {
    for (let script = waiting.shift(); script; script = waiting.shift()) {
      answers[script.name] = await within(transcriptOf(script, peer), LONGEST_SCRIPT_MS)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  await peer.close()
  return answers
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done in ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

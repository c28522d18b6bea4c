import { Cluster } from '../../../lib/index.ts'
import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import { KafkaPeer } from '../groups/kafka-peer.ts'
import { BROKE_OFF, SCRIPTS, transcriptOf } from './scripts.ts'

/** Scripts mind the time, so the machine must not be too busy. */
const AT_ONCE = 4

const CONFIGS = {
  'offsets.topic.num.partitions': '1',
  'group.initial.rebalance.delay.ms': '0',
  'group.streams.session.timeout.ms': '4000',
  'group.streams.min.session.timeout.ms': '500',
  'group.streams.heartbeat.interval.ms': '1000',
  'group.streams.min.heartbeat.interval.ms': '100',
  'group.streams.initial.rebalance.delay.ms': '0',
  'group.streams.assignment.interval.ms': '0',
  'group.streams.max.size': '6',
} as const

type Answers = Record<string, readonly string[]>

/** Each line of each script is one comparison: the same requests to Kafka and to us, and what was answered. */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  const [theirs, ours] = await Promise.all([kafkaAnswers(), josephkAnswers()])
  let passed = 0
  const details: string[] = []
  for (const { name } of SCRIPTS) {
    const [expected = [], actual = []] = [theirs[name], ours[name]]
    for (let line = 0; line < Math.max(expected.length, actual.length); line++) {
      const isSame = expected[line] === actual[line]
      if (isSame && !expected[line]?.startsWith(BROKE_OFF)) passed++
      else details.push(`${name}\n    kafka:   ${expected[line]}\n    josephk: ${actual[line]}`)
    }
  }
  return { passed, failed: details.length, details }
}

async function kafkaAnswers(): Promise<Answers> {
  await using kafka = await startRealKafka({ properties: CONFIGS })
  return await answersOf(kafka.bootstrapServers)
}

async function josephkAnswers(): Promise<Answers> {
  await using cluster = await Cluster.start({ brokers: [{ nodeId: 1 }], config: CONFIGS })
  return await answersOf(cluster.bootstrapServers)
}

async function answersOf(address: string): Promise<Answers> {
  const peer = await KafkaPeer.connect(address)
  const answers: Answers = {}
  const waiting = [...SCRIPTS]
  const worker = async () => {
    for (let script = waiting.shift(); script; script = waiting.shift()) {
      answers[script.name] = await transcriptOf(script, peer)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  await peer.close()
  return answers
}

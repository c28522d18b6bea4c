import { Cluster } from '../../../lib/index.ts'
import { updateFeatures } from '../../../protocol/messages/update-features.ts'
import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import { CONFIGS, Peer, pause } from './peer.ts'
import { SCRIPTS, transcriptOf, WITHOUT } from './scripts.ts'

/** Most of their time scripts wait. */
const AT_ONCE = 8
const UNSAFE_DOWNGRADE = 3

type Answers = Record<string, readonly string[]>

/** Each line of each script is one comparison: the same requests to Kafka and to us, and what was answered. */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  const [theirs, ours] = await Promise.all([kafkaAnswers(), josephkAnswers()])
  let passed = 0
  const details: string[] = []
  for (const { name } of [...SCRIPTS, WITHOUT]) {
    const [expected = [], actual = []] = [theirs[name], ours[name]]
    for (let line = 0; line < Math.max(expected.length, actual.length); line++) {
      if (expected[line] === actual[line]) passed++
      else details.push(`${name}\n    kafka:   ${expected[line]}\n    josephk: ${actual[line]}`)
    }
  }
  return { passed, failed: details.length, details }
}

/** What a real Kafka answers. */
async function kafkaAnswers(): Promise<Answers> {
  await using kafka = await startRealKafka({ properties: CONFIGS })
  return await answersOf(kafka.bootstrapServers)
}

async function josephkAnswers(): Promise<Answers> {
  await using cluster = await Cluster.start({ brokers: [{ nodeId: 1 }], config: CONFIGS })
  return await answersOf(cluster.bootstrapServers)
}

async function answersOf(address: string): Promise<Answers> {
  const peer = await Peer.connect(address)
  const answers: Answers = {}
  try {
    const waiting = [...SCRIPTS]
    const worker = async () => {
      for (let script = waiting.shift(); script; script = waiting.shift()) {
        answers[script.name] = await transcriptOf(script, peer)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    const feature = { feature: 'share.version', maxVersionLevel: 0, upgradeType: UNSAFE_DOWNGRADE }
    const { errorCode } = await peer.admin.send(updateFeatures, 2, {
      featureUpdates: [feature],
      timeoutMs: 10_000,
    })
    if (errorCode !== 0) throw new Error(`share.version cannot be lowered: error ${errorCode}`)
    await pause(500)
    answers[WITHOUT.name] = await transcriptOf(WITHOUT, peer)
  } finally {
    await peer.close()
  }
  return answers
}

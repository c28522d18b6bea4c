import { Cluster } from '../../../lib/index.ts'
import { updateFeatures } from '../../../protocol/messages/update-features.ts'
import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import { CONFIGS, Peer } from './peer.ts'
import { LEVELS, RUNS, type Run, TWO_PHASE_RUNS, transcriptOf } from './scripts.ts'

export type Answers = Record<string, readonly string[]>

const SAFE_DOWNGRADE = 2

/** Each line of each script is one comparison: the same requests to Kafka and to us, and what was answered. */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  const [theirs, ours] = await Promise.all([kafkaAnswers(), josephkAnswers()])
  let passed = 0
  const details: string[] = []
  for (const { name } of [...RUNS, ...TWO_PHASE_RUNS]) {
    const [expected = [], actual = []] = [theirs[name], ours[name]]
    for (let line = 0; line < Math.max(expected.length, actual.length); line++) {
      if (expected[line] === actual[line]) passed++
      else details.push(`${name}\n    kafka:   ${expected[line]}\n    josephk: ${actual[line]}`)
    }
  }
  return { passed, failed: details.length, details }
}

const TWO_PHASE_CONFIGS = { ...CONFIGS, 'transaction.two.phase.commit.enable': 'true' }

/** What a real Kafka answers. */
export async function kafkaAnswers(): Promise<Answers> {
  await using kafka = await startRealKafka({ properties: CONFIGS })
  await using other = await startRealKafka({ properties: TWO_PHASE_CONFIGS })
  return {
    ...(await answersOf(kafka.bootstrapServers, RUNS)),
    ...(await answersOf(other.bootstrapServers, TWO_PHASE_RUNS)),
  }
}

export async function josephkAnswers(): Promise<Answers> {
  const brokers = [{ nodeId: 1 }]
  await using cluster = await Cluster.start({ brokers, config: CONFIGS })
  await using other = await Cluster.start({ brokers, config: TWO_PHASE_CONFIGS })
  return {
    ...(await answersOf(cluster.bootstrapServers, RUNS)),
    ...(await answersOf(other.bootstrapServers, TWO_PHASE_RUNS)),
  }
}

async function answersOf(address: string, runs: readonly Run[]): Promise<Answers> {
  const names = runs.map(({ name }) => name)
  const peer = await Peer.connect(address, names)
  const answers: Answers = {}
  try {
    for (const level of new Set(runs.map((each) => each.level))) {
      const feature = { feature: 'transaction.version', maxVersionLevel: level, upgradeType: SAFE_DOWNGRADE }
      const featureUpdates = level === LEVELS[0] ? [] : [feature]
      const { errorCode } = await peer.send(updateFeatures, 2, { featureUpdates })
      if (errorCode !== 0) throw new Error(`transaction.version cannot be lowered: error ${errorCode}`)
      for (const { name, script } of runs.filter((each) => each.level === level)) {
        answers[name] = await transcriptOf(peer, script, name)
      }
    }
  } finally {
    await peer.close()
  }
  return answers
}

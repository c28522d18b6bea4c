import { Cluster } from '../../../lib/index.ts'
import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import { KafkaPeer } from './kafka-peer.ts'
import { CONFIGS } from './peer.ts'
import { joiningScripts } from './scripts/joining.ts'
import { membershipScripts } from './scripts/membership.ts'
import { offsetScripts } from './scripts/offsets.ts'
import { type Script, Steps } from './steps.ts'
import { Transcript } from './transcript.ts'

const SCRIPTS: readonly Script[] = [...joiningScripts, ...membershipScripts, ...offsetScripts]

/** Scripts mind the time, so the machine must not be too busy. */
const AT_ONCE = 4

interface Outcome {
  readonly script: Script
  readonly expected: readonly string[]
  readonly actual: readonly string[]
}

/** Each line of each script is one comparison: the same requests to Kafka and to us, and what was answered. */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  await using kafka = await startRealKafka({ properties: CONFIGS })
  await using cluster = await Cluster.start({ brokers: [{ nodeId: 1 }], config: CONFIGS })
  const [theirs, ours] = await Promise.all([
    KafkaPeer.connect(kafka.bootstrapServers),
    KafkaPeer.connect(cluster.bootstrapServers),
  ])
  let passed = 0
  const details: string[] = []
  const outcomes: Outcome[] = []
  const waiting = [...SCRIPTS]
  const worker = async () => {
    for (let script = waiting.shift(); script; script = waiting.shift()) {
      const [expected, actual] = await Promise.all([transcript(script, theirs), transcript(script, ours)])
      outcomes.push({ script, expected, actual })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  await Promise.all([theirs.close(), ours.close()])
  for (const { script, expected, actual } of outcomes) {
    for (let line = 0; line < Math.max(expected.length, actual.length); line++) {
      if (expected[line] === actual[line]) {
        passed++
        continue
      }
      details.push(`${script.name}\n    kafka:   ${expected[line]}\n    josephk: ${actual[line]}`)
    }
  }
  return { passed, failed: details.length, details }
}

async function transcript(script: Script, peer: KafkaPeer): Promise<readonly string[]> {
  const names = new Map([...peer.topicIds].map(([name, id]) => [id, name]))
  const transcript = new Transcript(names)
  const steps = new Steps(peer, script.name.replaceAll(/\W+/g, '-'), transcript)
  try {
    await within(script.run(steps), 60_000)
  } catch (error) {
    transcript.lines.push(`broke off: ${error}`)
  }
  return transcript.lines
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

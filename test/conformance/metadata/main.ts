import { Cluster } from '../../../lib/index.ts'
import { apis } from '../../../protocol/apis.ts'
import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import { descriptionsScenario } from './descriptions.ts'
import { featuresScenario } from './features.ts'
import { leadersScenario } from './leaders.ts'
import { Scenario } from './scenario.ts'
import { Subject } from './subject.ts'
import { topicsScenario } from './topics.ts'

const BROKERS = [1, 2, 3]
/** What both clusters are configured with; short sessions, so that nobody waits for a stopped broker. */
const CONFIG = { 'broker.session.timeout.ms': '6000', 'unclean.leader.election.interval.ms': '1000' }

/** The same script against three brokers of Kafka and of ours: what is asked for metadata must be answered alike. */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  await using kafka = await startRealKafka({
    brokers: BROKERS.length,
    properties: CONFIG,
    brokerProperties: (nodeId) => ({ 'broker.rack': `rack-${nodeId}` }),
    // Eligible leader replicas are not built here.
    formatArguments: ['--feature', 'eligible.leader.replicas.version=0'],
    heapMegabytes: 320,
  })
  await using cluster = await Cluster.start({
    brokers: BROKERS.map((nodeId) => ({ nodeId, rack: `rack-${nodeId}` })),
    config: CONFIG,
  })
  const real = await Subject.connect(
    kafka.clusterId,
    kafka.brokers.map((broker) => ({
      nodeId: broker.nodeId,
      address: broker.addresses.PLAINTEXT as string,
      stop: () => broker.stop(),
      start: () => broker.start(),
    })),
  )
  const ours = await Subject.connect(cluster.clusterId, cluster.brokers)
  try {
    const [expected, actual] = [new Scenario(real, real), new Scenario(ours, real)]
    for (const scenario of [expected, actual]) {
      await topicsScenario(scenario)
      await descriptionsScenario(scenario)
      await featuresScenario(scenario)
      await leadersScenario(scenario)
    }
    return compare(expected, actual, [real, ours])
  } finally {
    await real.close()
    await ours.close()
  }
}

function compare(
  expected: Scenario,
  actual: Scenario,
  [real, ours]: [Subject, Subject],
): { passed: number; failed: number; details: string[] } {
  const details: string[] = []
  let passed = 0
  for (const [index, { step, answer }] of expected.recorded.entries()) {
    const other = actual.recorded[index]
    if (other?.step === step && other.answer === answer) passed++
    else details.push(`${step}: ${difference(answer, other?.answer ?? '')}`)
  }
  for (const api of apis.filter(({ name }) => ours.servedApis.includes(name))) {
    const { max } = ours.versionsOf(api)
    if (!real.servedApis.includes(api.name) || real.versionsOf(api).max === max) passed++
    else details.push(`${api.name}: newest version ${real.versionsOf(api).max}, ours ${max}`)
  }
  return { passed, failed: details.length, details }
}

/** The first lines that differ. */
function difference(expected: string, actual: string): string {
  const theirs = expected.split('\n')
  const mine = actual.split('\n')
  const start = theirs.findIndex((line, index) => line !== mine[index])
  const around = (lines: string[]) =>
    lines
      .slice(Math.max(0, start - 2), start + 4)
      .map((line) => line.trim())
      .join(' ')
  return `Kafka: ${around(theirs)} | ours: ${around(mine)}`
}

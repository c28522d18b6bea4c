import { Cluster } from '../../../lib/index.ts'
import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import { PASSWORD, SECRET, scenario, USERS } from './scenario.ts'

const CONFIGS = { 'delegation.token.secret.key': SECRET, 'connection.failed.authentication.delay.ms': '0' }
const MECHANISMS = 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512'

/** The same wishes for delegation tokens to Kafka and to us; each answer is one comparison. */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  const [theirs, ours] = [await kafkaAnswers(), await josephkAnswers()]
  let passed = 0
  const details: string[] = []
  for (let line = 0; line < Math.max(theirs.length, ours.length); line++) {
    if (theirs[line] === ours[line]) passed++
    else details.push(`kafka:   ${theirs[line]}\n    josephk: ${ours[line]}`)
  }
  return { passed, failed: details.length, details }
}

async function kafkaAnswers(): Promise<string[]> {
  const module = 'org.apache.kafka.common.security'
  const users = USERS.map((user) => `user_${user}="${PASSWORD}"`).join(' ')
  await using kafka = await startRealKafka({
    listeners: [
      { name: 'OPEN', securityProtocol: 'PLAINTEXT' },
      { name: 'SASL', securityProtocol: 'SASL_PLAINTEXT' },
    ],
    properties: {
      ...CONFIGS,
      'listener.name.sasl.sasl.enabled.mechanisms': MECHANISMS,
      'listener.name.sasl.plain.sasl.jaas.config': `${module}.plain.PlainLoginModule required ${users};`,
      'listener.name.sasl.scram-sha-256.sasl.jaas.config': `${module}.scram.ScramLoginModule required;`,
      'listener.name.sasl.scram-sha-512.sasl.jaas.config': `${module}.scram.ScramLoginModule required;`,
    },
  })
  const { OPEN = '', SASL = '' } = kafka.brokers[0]?.addresses ?? {}
  return await scenario(OPEN, SASL)
}

async function josephkAnswers(): Promise<string[]> {
  await using cluster = await Cluster.start({
    listeners: [{ name: 'OPEN' }, { name: 'SASL', securityProtocol: 'SASL_PLAINTEXT' }],
    users: USERS.map((name) => ({ name, password: PASSWORD })),
    config: { ...CONFIGS, 'sasl.enabled.mechanisms': MECHANISMS },
  })
  const [open, sasl] = cluster.brokers[0]?.listeners ?? []
  return await scenario(open?.address ?? '', sasl?.address ?? '')
}

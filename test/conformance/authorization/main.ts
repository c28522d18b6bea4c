import { Cluster } from '../../../lib/index.ts'
import { QUESTIONS } from '../../helpers/authorization/questions.ts'
import { ABOUT_SHARE_GROUPS } from '../../helpers/authorization/share-groups.ts'
import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import { interview } from './interview.ts'
import { SUPER_USER, USERS } from './rules.ts'
import { Subject } from './subject.ts'

const CONFIG = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'allow.everyone.if.no.acl.found': 'false',
  'group.initial.rebalance.delay.ms': '0',
  'delegation.token.secret.key': 'a secret',
  // Kafka looks for old records after half a minute, which a busy machine may take.
  'log.retention.ms': '-1',
  // So that there is InitProducerId v6.
  'unstable.api.versions.enable': 'true',
  'transaction.two.phase.commit.enable': 'true',
}

const ALL = [...QUESTIONS, ...ABOUT_SHARE_GROUPS]

/** The same users under the same rules ask Kafka and us the same; field by field, the answers are to be the same. */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  const users = USERS.map((user) => `user_${user}="${user}"`).join(' ')
  await using kafka = await startRealKafka({
    listeners: [
      { name: 'INTERNAL', securityProtocol: 'PLAINTEXT' },
      { name: 'SASL', securityProtocol: 'SASL_PLAINTEXT' },
    ],
    // Eligible leader replicas are not built here.
    formatArguments: ['--feature', 'eligible.leader.replicas.version=0'],
    properties: {
      ...CONFIG,
      // What brokers and controller say to each other comes over a listener where nobody says who they are.
      'super.users': `User:${SUPER_USER};User:ANONYMOUS`,
      'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.sasl.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${users};`,
    },
  })
  await using cluster = await Cluster.start({
    brokers: [{ nodeId: 1 }],
    listeners: [{ name: 'SASL', securityProtocol: 'SASL_PLAINTEXT', saslMechanisms: ['PLAIN'] }],
    config: { ...CONFIG, 'super.users': `User:${SUPER_USER}` },
    users: USERS.map((name) => ({ name, password: name })),
  })
  const real = await Subject.prepare(kafka.clusterId, kafka.bootstrapServersOf('SASL'))
  const ours = await Subject.prepare(cluster.clusterId, cluster.bootstrapServers)
  try {
    let passed = 0
    const details: string[] = []
    for (const user of USERS) {
      const expected = await interview(real, ours, user, ALL)
      const actual = await interview(ours, real, user, ALL)
      for (const [question, answer] of expected) {
        if (actual.get(question) === answer) passed++
        else details.push(`${question}: ${difference(answer, actual.get(question) ?? '')}`)
      }
    }
    return { passed, failed: details.length, details }
  } finally {
    await real.close()
    await ours.close()
  }
}

/** The first lines that differ. */
function difference(expected: string, actual: string): string {
  const theirs = expected.split('\n')
  const mine = actual.split('\n')
  const start = theirs.findIndex((line, index) => line !== mine[index])
  const around = (lines: string[]) =>
    lines
      .slice(Math.max(0, start - 3), start + 4)
      .map((line) => line.trim())
      .join(' ')
  return `Kafka: ${around(theirs)} | ours: ${around(mine)}`
}

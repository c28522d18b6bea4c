import { startRealKafka } from '../helpers/real-kafka/real-kafka.ts'

/** Who may log in, by PLAIN, with their names as passwords; `admin` may do everything, the others nothing at first. */
export const RULED_USERS = ['admin', 'alice', 'bob'] as const
export type RuledUser = (typeof RULED_USERS)[number]

/** A cluster with rules: an authorizer that goes by ACLs, of which there are none. */
export interface RuledCluster {
  readonly bootstrapServers: string
  stop(): Promise<void>
}

const CONFIG = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'group.initial.rebalance.delay.ms': '0',
}

export async function startRuledJosephk(): Promise<RuledCluster> {
  const { Cluster } = await import('../../lib/index.ts')
  return Cluster.start({
    listeners: [{ securityProtocol: 'SASL_PLAINTEXT', saslMechanisms: ['PLAIN'] }],
    users: RULED_USERS.map((name) => ({ name, password: name })),
    config: { ...CONFIG, 'super.users': 'User:admin' },
  })
}

export async function startRuledReal(): Promise<RuledCluster> {
  const users = RULED_USERS.map((user) => `user_${user}="${user}"`).join(' ')
  const module = 'org.apache.kafka.common.security.plain.PlainLoginModule'
  const kafka = await startRealKafka({
    listeners: [
      { name: 'INTERNAL', securityProtocol: 'PLAINTEXT' },
      { name: 'SASL', securityProtocol: 'SASL_PLAINTEXT' },
    ],
    properties: {
      ...CONFIG,
      // The broker and its controller do not say who they are.
      'super.users': 'User:admin;User:ANONYMOUS',
      'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.sasl.plain.sasl.jaas.config': `${module} required ${users};`,
    },
  })
  return { bootstrapServers: kafka.bootstrapServersOf('SASL'), stop: () => kafka.stop() }
}

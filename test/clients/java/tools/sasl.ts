import { equal, ok } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PLAIN_USER, type SaslCluster } from '../../sasl.ts'
import { linesOf, type Tools } from './tool.ts'

const RECORDS = 3_500
const PER_SECOND = 250
/** In fourteen seconds. */
const LEAST_REAUTHENTICATIONS = 10
const CAROL = 'carol'

/** Java's SASL: users made by kafka-configs, passwords right and wrong, and ten re-authentications while records flow. */
export async function sasl(
  { open, inside }: { readonly open: Tools; readonly inside: Tools },
  prefix: string,
  cluster: SaslCluster,
  folder: string,
): Promise<void> {
  const topic = `${prefix}-records`
  const options = (mechanism: string, user: string, password: string) => {
    const kind = mechanism === 'PLAIN' ? 'plain.Plain' : 'scram.Scram'
    const path = join(folder, `${mechanism}-${user}-${password}.properties`)
    const lines = [
      'security.protocol=SASL_PLAINTEXT',
      `sasl.mechanism=${mechanism}`,
      `sasl.jaas.config=org.apache.kafka.common.security.${kind}LoginModule required username="${user}" password="${password}";`,
    ]
    writeFileSync(path, lines.join('\n').concat('\n'))
    return ['--command-config', path]
  }
  const carol = ['--entity-type', 'users', '--entity-name', CAROL]
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    await open.run('kafka-configs', '--alter', ...carol, '--add-config', `${mechanism}=[password=pw]`)
    await inside.run('kafka-topics', ...options(mechanism, CAROL, 'pw'), '--list')
    await inside.refused(
      new RegExp(`due to invalid credentials with SASL mechanism ${mechanism}`),
      ...(['kafka-topics', ...options(mechanism, CAROL, 'wrong'), '--list'] as const),
    )
  }
  await open.run('kafka-configs', '--alter', ...carol, '--delete-config', 'SCRAM-SHA-512')
  await inside.refused(
    /due to invalid credentials/,
    ...(['kafka-topics', ...options('SCRAM-SHA-512', CAROL, 'pw'), '--list'] as const),
  )
  const { name, password } = PLAIN_USER
  await inside.refused(
    /Authentication failed: Invalid username or password/,
    ...(['kafka-topics', ...options('PLAIN', name, 'wrong'), '--list'] as const),
  )
  const plain = options('PLAIN', name, password)
  await inside.run('kafka-topics', ...plain, '--create', '--topic', topic, '--partitions', '1')

  const before = cluster.logins()
  await inside.run(
    'kafka-producer-perf-test',
    ...options('SCRAM-SHA-256', CAROL, 'pw'),
    ...['--topic', topic, '--num-records', String(RECORDS), '--record-size', '100'],
    ...['--throughput', String(PER_SECOND)],
  )
  const after = cluster.logins()
  if (before && after) {
    const again = after.again - before.again
    ok(again >= LEAST_REAUTHENTICATIONS, `${again} re-authentications`)
    // One to find the brokers, one to send.
    ok(after.first - before.first <= 2, `${after.first - before.first} connections`)
  }
  // As many as were sent: none lost, none repeated.
  equal(
    linesOf(await inside.run('kafka-get-offsets', ...plain, '--topic', topic))[0],
    `${topic}:0:${RECORDS}`,
  )
}

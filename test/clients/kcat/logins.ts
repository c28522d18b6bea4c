import { deepEqual, match } from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Job, JobContext } from '../client.ts'
import { KNOWN, type LoginCluster, MECHANISMS, type Mechanism } from '../login-cluster.ts'
import { mustRun, run } from '../process.ts'

const RECORDS = 500
const REFUSALS: Readonly<Record<Mechanism, RegExp>> = {
  PLAIN: /Authentication failed: Invalid username or password/,
  'SCRAM-SHA-256': /invalid credentials with SASL mechanism SCRAM-SHA-256/,
  'SCRAM-SHA-512': /invalid credentials with SASL mechanism SCRAM-SHA-512/,
  OAUTHBEARER: /invalid_token/,
}

const PARTS = MECHANISMS.flatMap((mechanism) =>
  ['SASL_PLAINTEXT', 'SASL_SSL'].map((protocol) => ({ mechanism, protocol })),
)
const partName = ({ mechanism, protocol }: (typeof PARTS)[number]) => `${mechanism}-${protocol}`

/**
 * Sends and reads by PLAIN and OAUTHBEARER, over TLS and without; is refused with wrong credentials. By SCRAM it is refused with
 * right ones too: librdkafka before 2.2 puts its nonce in twice, which Kafka minds since CVE-2024-56128.
 */
export const kcatLogins: Job = {
  name: 'kcat logins',
  parts: PARTS.map(partName),
  async run(context) {
    const cluster = await context.startLogins({})
    try {
      const ca = join(context.folder, `${context.prefix}-ca.pem`)
      mkdirSync(context.folder, { recursive: true })
      writeFileSync(ca, cluster.ca)
      await cluster.createTopics(PARTS.map((part) => topicOf(part, context)))
      for (const part of PARTS) {
        const failure = await tryPart(part, cluster, ca, context).catch(String)
        context.report(partName(part), failure === '' ? undefined : failure)
      }
    } finally {
      await cluster.stop()
    }
  },
}

function topicOf(part: (typeof PARTS)[number], { prefix }: JobContext): string {
  return `${prefix}-${partName(part)}`
}

/** @returns nothing, when all went well */
async function tryPart(
  part: (typeof PARTS)[number],
  cluster: LoginCluster,
  ca: string,
  context: JobContext,
): Promise<string> {
  const { mechanism, protocol } = part
  const topic = topicOf(part, context)
  const isSecure = protocol === 'SASL_SSL'
  const common = [
    ...['-X', `security.protocol=${protocol.toLowerCase()}`],
    ...['-X', `sasl.mechanisms=${mechanism}`],
    ...(isSecure ? ['-X', `ssl.ca.location=${ca}`] : []),
  ]
  // Debian's cannot ask anybody for tokens: nobody signs those it has.
  const { plain, tls } = mechanism === 'OAUTHBEARER' ? cluster.trusting : cluster
  const known = ['-b', isSecure ? tls : plain, ...common, ...credentials(mechanism, KNOWN.password)]
  const isScram = mechanism.startsWith('SCRAM-')
  if (!isScram) await sendAndRead(known, topic, context)
  const strict = isSecure ? cluster.tls : cluster.plain
  const wrong = [
    '-b',
    strict,
    ...common,
    ...credentials(mechanism, isScram ? KNOWN.password : 'wrong'),
    ...['-L', '-m', '2', '-d', 'security'],
  ]
  const { code, stdout, stderr } = await run('kcat', wrong, { timeoutMs: 30_000 })
  context.log(stderr.slice(-2_000))
  if (code === 0) return `it was let in: ${stdout}`
  match(stderr, REFUSALS[mechanism])
  return ''
}

async function sendAndRead(known: readonly string[], topic: string, { log }: JobContext): Promise<void> {
  const lines = Array.from({ length: RECORDS }, (_, i) => `line ${i} ${'x'.repeat(i % 200)}`)
  const input = lines.join('\n').concat('\n')
  const onLine = (line: string) => log(line.slice(0, 300))
  await mustRun('kcat', [...known, '-P', '-t', topic], { input, onLine, timeoutMs: 30_000 })
  const reading = [...known, '-C', '-t', topic, '-o', 'beginning', '-e', '-q']
  const output = await mustRun('kcat', reading, { timeoutMs: 30_000 })
  deepEqual(output.trimEnd().split('\n'), lines)
}

function credentials(mechanism: Mechanism, password: string): string[] {
  const options =
    mechanism === 'OAUTHBEARER'
      ? {
          'enable.sasl.oauthbearer.unsecure.jwt': 'true',
          'sasl.oauthbearer.config': `principal=${KNOWN.name}`,
        }
      : { 'sasl.username': KNOWN.name, 'sasl.password': password }
  return Object.entries(options).flatMap(([name, value]) => ['-X', `${name}=${value}`])
}

import { deepEqual, match } from 'node:assert/strict'
import { mustRun, run } from '../process.ts'
import { PLAIN_USER, saslJob } from '../sasl.ts'

const RECORDS = 2_000

/** Sends and reads by PLAIN; is refused with a wrong password, and with a mechanism that nobody offers. */
export const kcatSasl = saslJob('kcat', async ({ bootstrapServers }, { prefix, log }) => {
  const topic = `${prefix}-lines`
  const options = (password: string, mechanism = 'PLAIN') => [
    ...[
      '-b',
      bootstrapServers,
      '-X',
      'security.protocol=sasl_plaintext',
      '-X',
      `sasl.mechanisms=${mechanism}`,
    ],
    ...['-X', `sasl.username=${PLAIN_USER.name}`, '-X', `sasl.password=${password}`],
  ]
  const known = options(PLAIN_USER.password)
  const lines = Array.from({ length: RECORDS }, (_, i) => `line ${i} ${'x'.repeat(i % 200)}`)
  const input = lines.join('\n').concat('\n')
  await mustRun('kcat', [...known, '-P', '-t', topic], { input, onLine: log })
  const output = await mustRun('kcat', [...known, '-C', '-t', topic, '-o', 'beginning', '-e', '-q'])
  deepEqual(output.trimEnd().split('\n'), lines)

  const { code, stdout, stderr } = await run('kcat', [...options('wrong'), '-L', '-m', '3', '-d', 'security'])
  log(stderr.slice(-2_000))
  if (code === 0) throw new Error(`it was let in: ${stdout}`)
  match(stderr, /Authentication failed: Invalid username or password/)
})

import { deepEqual, match } from 'node:assert/strict'
import { mustRun, run } from '../process.ts'
import { tlsJob } from '../tls.ts'

const RECORDS = 10_000

/** Sends and reads over TLS; is refused without a certificate, and refuses a server that it does not trust. */
export const kcatTls = tlsJob('kcat', async ({ bootstrapServers, ca, key, cert }, { prefix, log }) => {
  const topic = `${prefix}-lines`
  const base = ['-b', bootstrapServers, '-X', 'security.protocol=ssl']
  const trusting = [...base, '-X', `ssl.ca.location=${ca}`]
  const known = [...trusting, '-X', `ssl.key.location=${key}`, '-X', `ssl.certificate.location=${cert}`]
  const lines = Array.from({ length: RECORDS }, (_, i) => `line ${i} ${'x'.repeat(i % 200)}`)
  const input = lines.join('\n').concat('\n')
  // The topic comes into being with the first record, which librdkafka repeats until it is there.
  await mustRun('kcat', [...known, '-P', '-t', topic], { input, onLine: log })
  const output = await mustRun('kcat', [...known, '-C', '-t', topic, '-o', 'beginning', '-e', '-q'])
  deepEqual(output.trimEnd().split('\n'), lines)

  for (const [options, why] of [
    [trusting, /certificate required|Disconnected|handshake|alert/i],
    [base, /certificate verify failed/i],
  ] as const) {
    const { code, stdout, stderr } = await run('kcat', [...options, '-L', '-m', '3', '-d', 'security,broker'])
    log(stderr.slice(-2_000))
    if (code === 0) throw new Error(`it was let in: ${stdout}`)
    match(stderr, why)
  }
})

import { deepEqual } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TlsFiles } from '../../tls.ts'
import { linesOf, type Tools } from './tool.ts'

const RECORDS = 2_000

/** Java's TLS, with names of hosts verified and PEM for everything, as the console tools are told by a file. */
export async function tls(tools: Tools, prefix: string, files: TlsFiles): Promise<void> {
  const topic = `${prefix}-lines`
  const trust = ['security.protocol=SSL', 'ssl.truststore.type=PEM', `ssl.truststore.location=${files.ca}`]
  const known = [...trust, 'ssl.keystore.type=PEM', `ssl.keystore.location=${files.keystore}`]
  const options = (name: string, lines: readonly string[]) => {
    const path = join(files.folder, `${name}.properties`)
    writeFileSync(path, lines.join('\n').concat('\n'))
    return ['--command-config', path]
  }
  const mine = options('known', known)
  await tools.run('kafka-topics', ...mine, '--create', '--topic', topic, '--partitions', '1')
  const lines = Array.from({ length: RECORDS }, (_, i) => `line ${i} ${'x'.repeat(i % 200)}`)
  await tools.feed(lines.join('\n').concat('\n'), 'kafka-console-producer', ...mine, '--topic', topic)
  const reading = ['--topic', topic, '--group', `${prefix}-group`, '--from-beginning']
  const output = await tools.run(
    'kafka-console-consumer',
    ...[...mine, ...reading, '--max-messages', String(RECORDS)],
  )
  deepEqual(linesOf(output), lines)

  const hasty = ['default.api.timeout.ms=5000', 'request.timeout.ms=4000']
  await tools.refused(
    /SslAuthenticationException|SSLHandshakeException/,
    ...(['kafka-topics', ...options('unknown', [...trust, ...hasty]), '--list'] as const),
  )
  const distrusting = options('distrusting', ['security.protocol=SSL', ...hasty])
  await tools.refused(/PKIX path building failed/, 'kafka-topics', ...distrusting, '--list')
}

import { deepEqual, match } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PLAIN_USER } from '../../sasl.ts'
import { linesOf, type Tools } from './tool.ts'

const MODULES = 'org.apache.kafka.common.security'
const RECORDS = 200

/** kafka-delegation-tokens: a token is made, described, renewed, used by Java's clients, and ended. */
export async function tokens(tools: Tools, prefix: string, folder: string): Promise<void> {
  const topic = `${prefix}-records`
  const options = (file: string, mechanism: string, login: string) => {
    const path = join(folder, `${file}.properties`)
    const lines = [
      'security.protocol=SASL_PLAINTEXT',
      `sasl.mechanism=${mechanism}`,
      `sasl.jaas.config=${MODULES}.${login};`,
    ]
    writeFileSync(path, lines.join('\n').concat('\n'))
    return ['--command-config', path]
  }
  const { name, password } = PLAIN_USER
  const owner = options(
    'owner',
    'PLAIN',
    `plain.PlainLoginModule required username="${name}" password="${password}"`,
  )
  const run = (...args: string[]) => tools.run('kafka-delegation-tokens', ...owner, ...args)
  const [tokenId = '', hmac = '', principal] = row(
    await run('--create', '--max-life-time-period', '-1', '--renewer-principal', 'User:bob'),
  )
  match(principal ?? '', new RegExp(`^User:${name}$`))
  const described = await run('--describe', '--owner-principal', `User:${name}`)
  deepEqual(row(described).slice(0, 2), [tokenId, hmac])
  match(described, /User:bob/)
  match(await run('--describe', '--owner-principal', 'User:nobody'), /TOKENID[^\n]*\s*$/)
  match(await run('--renew', '--hmac', hmac, '--renew-time-period', '3600000'), /expiry date/)

  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    const login = (secret: string) =>
      `scram.ScramLoginModule required username="${tokenId}" password="${secret}" tokenauth="true"`
    const known = options(`token-${mechanism}`, mechanism, login(hmac))
    const lines = Array.from({ length: RECORDS }, (_, i) => `${mechanism} ${i}`)
    const to = ['--topic', `${topic}-${mechanism}`]
    await tools.feed(lines.join('\n').concat('\n'), 'kafka-console-producer', ...known, ...to)
    const from = ['--from-beginning', '--max-messages', String(RECORDS), '--timeout-ms', '20000']
    deepEqual(linesOf(await tools.run('kafka-console-consumer', ...known, ...to, ...from)), lines)
    await tools.refused(
      new RegExp(`due to invalid credentials with SASL mechanism ${mechanism}`),
      ...(['kafka-topics', ...options('wrong', mechanism, login('wrong')), '--list'] as const),
    )
  }

  const byToken = options(
    'token',
    'SCRAM-SHA-256',
    `scram.ScramLoginModule required username="${tokenId}" password="${hmac}" tokenauth="true"`,
  )
  await tools.refused(
    /Delegation Token requests are not allowed/,
    ...(['kafka-delegation-tokens', ...byToken, '--describe'] as const),
  )
  match(await run('--expire', '--hmac', hmac, '--expiry-time-period', '-1'), /expiry date/)
  await tools.refused(/due to invalid credentials/, ...(['kafka-topics', ...byToken, '--list'] as const))
  await tools.refused(
    /Delegation Token is not found on server/,
    ...(['kafka-delegation-tokens', ...owner, '--expire', '--hmac', hmac] as const),
    ...['--expiry-time-period', '-1'],
  )
}

/** The columns of the first token in a table. */
function row(output: string): string[] {
  const lines = linesOf(output)
  const header = lines.findIndex((line) => line.startsWith('TOKENID'))
  return lines[header + 1]?.trim().split(/\s+/) ?? []
}

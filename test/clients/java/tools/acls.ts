import { deepEqual, match } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RuledUser } from '../../ruled.ts'
import { linesOf, type Tools } from './tool.ts'

const MODULE = 'org.apache.kafka.common.security.plain.PlainLoginModule'
const TOPIC_REFUSED = 'TOPIC_AUTHORIZATION_FAILED'
const GROUP_REFUSED = 'GROUP_AUTHORIZATION_FAILED'

/** What another client (confluent-kafka) may do as that user: `ok`, or the name of the error, for sending and for reading. */
export type OtherClient = (user: RuledUser, topic: string, group: string) => Promise<[string, string]>

/** kafka-acls makes, lists and removes rules; Java's clients and another one feel them. */
export async function acls(tools: Tools, prefix: string, folder: string, other: OtherClient): Promise<void> {
  const topic = `${prefix}-orders`
  const group = `${prefix}-group`
  const as = (user: RuledUser) => {
    const path = join(folder, `${user}.properties`)
    const login = `${MODULE} required username="${user}" password="${user}";`
    const lines = ['security.protocol=SASL_PLAINTEXT', 'sasl.mechanism=PLAIN', `sasl.jaas.config=${login}`]
    writeFileSync(path, lines.join('\n').concat('\n'))
    return ['--command-config', path]
  }
  const rules = (...args: string[]) => tools.run('kafka-acls', ...as('admin'), ...args)
  const read = (user: RuledUser) =>
    ['kafka-console-consumer', ...as(user), '--topic', topic, '--group', group, '--from-beginning'] as const
  const once = ['--max-messages', '1', '--timeout-ms', '20000']

  await tools.run('kafka-topics', ...as('admin'), '--create', '--topic', topic, '--partitions', '1')
  await tools.refused(
    /does not exist as expected/,
    'kafka-topics',
    ...as('alice'),
    '--describe',
    '--topic',
    topic,
  )
  await tools.refused(
    /Cluster authorization failed|ClusterAuthorizationException/,
    'kafka-acls',
    ...as('alice'),
    '--list',
  )
  deepEqual(await other('alice', topic, group), [TOPIC_REFUSED, GROUP_REFUSED])

  await rules('--add', '--allow-principal', 'User:alice', '--producer', '--topic', topic)
  await rules('--add', '--allow-principal', 'User:alice', '--consumer', '--topic', topic, '--group', group)
  await rules(
    ...['--add', '--allow-principal', 'User:bob', '--operation', 'Read'],
    ...['--topic', prefix, '--group', prefix, '--resource-pattern-type', 'prefixed'],
  )
  const allow = (user: string, operation: string) =>
    `(principal=User:${user}, host=*, operation=${operation}, permissionType=ALLOW)`
  const pattern = (type: string, name: string, patternType: string) =>
    `ResourcePattern(resourceType=${type}, name=${name}, patternType=${patternType})`
  deepEqual(listed(await rules('--list')), {
    [pattern('GROUP', group, 'LITERAL')]: [allow('alice', 'READ')],
    [pattern('GROUP', prefix, 'PREFIXED')]: [allow('bob', 'READ')],
    [pattern('TOPIC', prefix, 'PREFIXED')]: [allow('bob', 'READ')],
    [pattern('TOPIC', topic, 'LITERAL')]: ['CREATE', 'DESCRIBE', 'READ', 'WRITE'].map((operation) =>
      allow('alice', operation),
    ),
  })

  await tools.feed('from alice\n', 'kafka-console-producer', ...as('alice'), '--topic', topic, '--sync')
  deepEqual(linesOf(await tools.run(...read('alice'), ...once)), ['from alice'])
  deepEqual(await other('alice', topic, group), ['ok', 'ok'])
  deepEqual(await other('bob', topic, group), [TOPIC_REFUSED, 'ok'])

  await rules('--add', '--deny-principal', 'User:bob', '--operation', 'Read', '--topic', topic)
  match(await rules('--list', '--topic', topic, '--principal', 'User:bob'), /permissionType=DENY/)
  await tools.complains(
    new RegExp(`Not authorized to access topics: \\[${topic}\\]`),
    ...read('bob'),
    ...once,
  )
  deepEqual(await other('bob', topic, group), [TOPIC_REFUSED, TOPIC_REFUSED])

  await rules(
    '--remove',
    '--force',
    '--allow-principal',
    'User:alice',
    '--consumer',
    '--topic',
    topic,
    '--group',
    group,
  )
  await tools.complains(new RegExp(`Not authorized to access group: ${group}`), ...read('alice'), ...once)
  // To write she still may.
  deepEqual(await other('alice', topic, group), ['ok', GROUP_REFUSED])
  await rules('--remove', '--force', '--topic', topic, '--resource-pattern-type', 'match')
  deepEqual(Object.keys(listed(await rules('--list'))), [pattern('GROUP', prefix, 'PREFIXED')])
  deepEqual(await other('alice', topic, group), [TOPIC_REFUSED, GROUP_REFUSED])
}

/** The entries of kafka-acls' list, by their patterns. */
function listed(output: string): Record<string, string[]> {
  const found: [string, string[]][] = []
  for (const line of linesOf(output)) {
    const pattern = /ACLs for resource `(.*)`/.exec(line)?.[1]
    if (pattern !== undefined) found.push([pattern, []])
    else found.at(-1)?.[1].push(line.trim())
  }
  for (const [, entries] of found) entries.sort()
  return Object.fromEntries(found.sort(([left], [right]) => (left < right ? -1 : 1)))
}

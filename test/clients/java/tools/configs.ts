import { doesNotMatch, match } from 'node:assert/strict'
import type { Tools } from './tool.ts'

/** kafka-configs on a topic, on one broker and on all brokers: alter, describe, delete, and what it refuses. */
export async function configs(tools: Tools, prefix: string): Promise<void> {
  const run = (...args: string[]) => tools.run('kafka-configs', ...args)
  const refused = (why: RegExp, ...args: string[]) => tools.refused(why, 'kafka-configs', ...args)
  const topic = `${prefix}-topic`
  await tools.run('kafka-topics', '--create', '--topic', topic, '--partitions', '1')
  const onTopic = ['--entity-type', 'topics', '--entity-name', topic]
  match(
    await run(
      '--alter',
      ...onTopic,
      '--add-config',
      'max.message.bytes=2048,cleanup.policy=[compact,delete]',
    ),
    /^Completed updating config for topic /m,
  )
  const described = await run('--describe', ...onTopic)
  match(
    described,
    /^ {2}cleanup\.policy=compact,delete sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:cleanup/m,
  )
  match(
    described,
    /^ {2}max\.message\.bytes=2048 sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:max\.message\.bytes=2048, .*DEFAULT_CONFIG:message\.max\.bytes=1048588\}/m,
  )
  match(await run('--describe', ...onTopic, '--all'), /^ {2}segment\.bytes=1073741824 sensitive=false /m)
  await run('--alter', ...onTopic, '--delete-config', 'max.message.bytes')
  doesNotMatch(await run('--describe', ...onTopic), /max\.message\.bytes/)
  await refused(
    /Invalid value abc for configuration retention\.ms: Not a number of type LONG/,
    ...['--alter', ...onTopic, '--add-config', 'retention.ms=abc'],
  )
  await refused(/Unknown topic config name: no\.such/, '--alter', ...onTopic, '--add-config', 'no.such=1')

  const versions = await tools.run('kafka-broker-api-versions')
  const nodeId = /\(id: (\d+) rack: /.exec(versions)?.[1]
  if (nodeId === undefined) throw new Error(`kafka-broker-api-versions names no broker: ${versions}`)
  const onBroker = ['--entity-type', 'brokers', '--entity-name', nodeId]
  await run('--alter', ...onBroker, '--add-config', 'message.max.bytes=2000000')
  match(
    await run('--describe', ...onBroker),
    /^ {2}message\.max\.bytes=2000000 sensitive=false synonyms=\{DYNAMIC_BROKER_CONFIG:message\.max\.bytes=2000000, .*DEFAULT_CONFIG:message\.max\.bytes=1048588\}/m,
  )
  await run('--alter', ...onBroker, '--delete-config', 'message.max.bytes')
  match(
    await run('--describe', ...onBroker, '--all'),
    /^ {2}message\.max\.bytes=1048588 sensitive=false synonyms=\{DEFAULT_CONFIG:message\.max\.bytes=1048588\}/m,
  )
  await refused(
    /Cannot update these configs dynamically: .*node\.id/,
    ...['--alter', ...onBroker, '--add-config', 'node.id=7'],
  )

  const onAll = ['--entity-type', 'brokers', '--entity-default']
  await run('--alter', ...onAll, '--add-config', 'log.segment.bytes=1073741000')
  match(
    await run('--describe', ...onAll),
    /^ {2}log\.segment\.bytes=1073741000 sensitive=false synonyms=\{DYNAMIC_DEFAULT_BROKER_CONFIG:/m,
  )
  // What is set for all brokers shows through in a topic's own config.
  match(
    await run('--describe', ...onTopic, '--all'),
    /^ {2}segment\.bytes=1073741000 .*\{DYNAMIC_DEFAULT_BROKER_CONFIG:log\.segment\.bytes=1073741000/m,
  )
  await run('--alter', ...onAll, '--delete-config', 'log.segment.bytes')
  doesNotMatch(await run('--describe', ...onAll), /log\.segment\.bytes/)
}

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { ClusterOptions, ConfigOptions, TopicOptions } from '../options.ts'
import type { AclOptions } from '../security/authorization/cluster-acls.ts'
import { LOG_LEVELS, type LogLevel } from './log.ts'

/** What somebody typed that cannot be understood; the message is one line for them. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface Command {
  readonly show: 'cluster' | 'help' | 'version'
  readonly options: ClusterOptions
  readonly logLevel: LogLevel
  /** Where the certificate goes that clients of TLS listeners have to trust. */
  readonly caFile?: string | undefined
}

const DEFAULT_PORT = 9092

export const HELP = `josephk: a Kafka cluster in one process, for tests.

Usage: josephk [options]

  --brokers N              how many brokers (default 1)
  --host ADDRESS           the address to listen on (default 127.0.0.1)
  --port P                 the first broker's port, the next brokers take the next ones
                           (default ${DEFAULT_PORT}; 0: any free ports)
  --topic NAME[:P[:R]]     create a topic with P partitions and replication factor R;
                           may be given several times
  --acl RULE               who may do what, as 'allow User:alice READ TOPIC orders', 'deny User:* ALL TOPIC secret-*
                           from 10.0.0.0/8' or 'allow User:bob ALTER CLUSTER'; may be given several times. Whoever
                           is not allowed may not, but for --set super.users=User:admin
  --data-dir PATH          keep everything in this directory, and go on with what is there: josephk's
                           own, or a copy of a log directory of a Kafka broker
  --set NAME=VALUE         a broker config by Kafka's name, for example
                           --set auto.create.topics.enable=false; may be given several times
  --config FILE            a JSON file with all of the above and more (see below);
                           what is given on the command line wins
  --write-ca FILE          with a listener for "SSL" or "SASL_SSL": put the certificate that clients
                           have to trust into FILE, as PEM
  --oauth-port P           open an HTTP endpoint where the users of the JSON file get tokens for OAUTHBEARER
                           (0: any free port)
  --log-level LEVEL        ${LOG_LEVELS.join(', ')} (default info)
  --help, -h               this page
  --version, -v            the version

The JSON file holds the options of Cluster.start, and may hold "logLevel":

  {
    "brokers": [
      {
        "nodeId": 1,
        "rack": "a",
        "listeners": [
          { "name": "INTERNAL", "port": 9092 },
          { "name": "EXTERNAL", "host": "0.0.0.0", "port": 9093, "advertisedHost": "kafka.test" }
        ],
        "config": { "num.partitions": 3 }
      }
    ],
    "config": { "group.initial.rebalance.delay.ms": 0 },
    "topics": ["audit", { "name": "orders", "partitions": 12, "config": { "cleanup.policy": "compact" } }]
  }

SIGINT (Ctrl-C) and SIGTERM stop the cluster in order.
`

/** @throws UsageError */
export function readCommand(args: readonly string[]): Command {
  const { values } = parse(args)
  if (values.help) return { show: 'help', options: {}, logLevel: 'info' }
  if (values.version) return { show: 'version', options: {}, logLevel: 'info' }
  const { logLevel, ...file } = values.config === undefined ? {} : readConfigFile(values.config)
  return {
    show: 'cluster',
    options: mergeOptions(file, values),
    logLevel: levelOf(values['log-level'] ?? logLevel ?? 'info'),
    caFile: values['write-ca'],
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        brokers: { type: 'string' },
        host: { type: 'string' },
        port: { type: 'string' },
        topic: { type: 'string', multiple: true },
        acl: { type: 'string', multiple: true },
        'data-dir': { type: 'string' },
        set: { type: 'string', multiple: true },
        config: { type: 'string' },
        'write-ca': { type: 'string' },
        'oauth-port': { type: 'string' },
        'log-level': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] as string)
  }
}

type Values = ReturnType<typeof parse>['values']

function mergeOptions(file: ClusterOptions, values: Values): ClusterOptions {
  const options: ClusterOptions = { ...file }
  if (values.brokers !== undefined) options.brokers = wholeNumber('--brokers', values.brokers)
  if (values.host !== undefined) options.host = values.host
  if (values.port !== undefined) options.port = wholeNumber('--port', values.port)
  else options.port ??= DEFAULT_PORT
  if (values['data-dir'] !== undefined) options.dataDir = values['data-dir']
  if (values.set) options.config = { ...file.config, ...Object.fromEntries(values.set.map(configOf)) }
  if (values['oauth-port'] !== undefined) {
    const port = wholeNumber('--oauth-port', values['oauth-port'])
    options.oauth = { ...(file.oauth === true ? {} : file.oauth), port }
  }
  if (values.acl) options.acls = [...(file.acls ?? []), ...values.acl.map(aclOf)]
  if (values.topic) options.topics = [...(file.topics ?? []), ...values.topic.map(topicOf)]
  return options
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`${option} expects a whole number, got '${text}'`)
  return Number(text)
}

function configOf(text: string): [string, ConfigOptions[string]] {
  const equals = text.indexOf('=')
  if (equals < 1) throw new UsageError(`--set expects NAME=VALUE, got '${text}'`)
  return [text.slice(0, equals), text.slice(equals + 1)]
}

function topicOf(text: string): TopicOptions {
  const match = /^([^:]+)(?::(\d+)(?::(\d+))?)?$/.exec(text)
  if (!match) throw new UsageError(`--topic expects NAME[:PARTITIONS[:REPLICATION]], got '${text}'`)
  const [, name, partitions, replicationFactor] = match
  return {
    name: name as string,
    ...(partitions === undefined ? {} : { partitions: Number(partitions) }),
    ...(replicationFactor === undefined ? {} : { replicationFactor: Number(replicationFactor) }),
  }
}

const RULE = /^(allow|deny) (\S+) (\w+) (\w+)(?: (\S+))?(?: from (\S+))?$/i

/** The words are checked with the other options. */
function aclOf(text: string): AclOptions {
  const [, permission = '', principal = '', operation = '', resourceType = '', name, host] =
    RULE.exec(text) ?? []
  if (permission === '') {
    throw new UsageError(
      `--acl expects (allow|deny) PRINCIPAL OPERATION TYPE [NAME] [from HOST], got '${text}'`,
    )
  }
  const isPrefix = name !== undefined && name.length > 1 && name.endsWith('*')
  return {
    principal,
    operation: operation.toUpperCase() as AclOptions['operation'],
    resourceType: resourceType.toUpperCase() as AclOptions['resourceType'],
    permissionType: permission.toUpperCase() as 'ALLOW' | 'DENY',
    ...(name !== undefined && { resourceName: isPrefix ? name.slice(0, -1) : name }),
    ...(isPrefix && { patternType: 'PREFIXED' as const }),
    ...(host !== undefined && { host }),
  }
}

function readConfigFile(path: string): ClusterOptions & { logLevel?: string } {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`--config: cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`)
  }
  const value = parsed(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new UsageError(`--config: ${path}: not a JSON object`)
}

/** undefined for what is no JSON. The parser's own message would quote the text, and there are passwords in it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function levelOf(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text)
  if (!level) throw new UsageError(`--log-level expects ${LOG_LEVELS.join(', ')}, got '${text}'`)
  return level
}

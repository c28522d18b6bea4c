import { Cluster } from '../../../lib/index.ts'
import { SCRAM_MECHANISMS, saltedPassword } from '../../../lib/security/scram/formatter.ts'
import { alterUserScramCredentials } from '../../../protocol/messages/alter-user-scram-credentials.ts'
import { describeUserScramCredentials } from '../../../protocol/messages/describe-user-scram-credentials.ts'
import { RawClient } from '../../helpers/raw-client.ts'
import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import { startKeyServer } from './key-server.ts'
import { DELAY_MS, ScriptedClient } from './scripted-client.ts'
import { BRIEF_REAUTH_MS, MAX_REAUTH_MS } from './scripts/sessions.ts'
import { type ListenerName, SCRIPTS, type Script } from './scripts.ts'

const PASSWORD = 'secret'
const USERS = ['alice', 'bob', 'a,b=c']
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const
/** Many at a time, for most of them wait; not all, for a JVM that has just begun is slow. */
const AT_ONCE = 16
const WARM_UP = 50
const LONGEST_SCRIPT_MS = 30_000

const LISTENERS = [
  { name: 'OPEN', securityProtocol: 'PLAINTEXT' },
  { name: 'SASL', securityProtocol: 'SASL_PLAINTEXT' },
  { name: 'SHORT', securityProtocol: 'SASL_PLAINTEXT' },
  { name: 'BRIEF', securityProtocol: 'SASL_PLAINTEXT' },
  { name: 'KEYS', securityProtocol: 'SASL_PLAINTEXT' },
  { name: 'FETCHED', securityProtocol: 'SASL_PLAINTEXT' },
] as const

const CONFIGS = {
  'connection.failed.authentication.delay.ms': String(DELAY_MS),
  'listener.name.short.connections.max.reauth.ms': String(MAX_REAUTH_MS),
  'listener.name.brief.connections.max.reauth.ms': String(BRIEF_REAUTH_MS),
}

type Addresses = Readonly<Record<ListenerName, string>>
type Answers = ReadonlyMap<string, readonly string[]>

/** Each line of each script is one comparison: the same bytes to Kafka and to us, what came back and how it ended. */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  const [theirs, ours] = await Promise.all([kafkaAnswers(), josephkAnswers()])
  let passed = 0
  const details: string[] = []
  for (const { name } of SCRIPTS) {
    const [expected = [], actual = []] = [theirs.get(name), ours.get(name)]
    for (let line = 0; line < Math.max(expected.length, actual.length); line++) {
      if (expected[line] === actual[line]) passed++
      else details.push(`${name}\n    kafka:   ${expected[line]}\n    josephk: ${actual[line]}`)
    }
  }
  return { passed, failed: details.length, details }
}

async function kafkaAnswers(): Promise<Answers> {
  await using keys = await startKeyServer()
  await using kafka = await startRealKafka({
    listeners: LISTENERS,
    properties: { ...loginProperties(), ...keys.properties },
    // A JVM asks nobody for keys without being allowed to.
    javaArguments: [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${keys.file},${keys.http}`],
  })
  return await answers(kafka.brokers[0]?.addresses as Addresses)
}

async function josephkAnswers(): Promise<Answers> {
  await using keys = await startKeyServer()
  await using cluster = await Cluster.start({
    brokers: [{ nodeId: 1 }],
    listeners: LISTENERS,
    config: { ...loginProperties(), ...keys.properties },
  })
  const listeners = cluster.brokers[0]?.listeners ?? []
  return await answers(Object.fromEntries(listeners.map(({ name, address }) => [name, address])) as Addresses)
}

/** By which mechanisms who may log in where, and for how long; both sides are told the same. */
function loginProperties(): Record<string, string> {
  const properties: Record<string, string> = { ...CONFIGS }
  for (const listener of ['keys', 'fetched']) {
    properties[`listener.name.${listener}.sasl.enabled.mechanisms`] = 'OAUTHBEARER'
  }
  const loggedIn = USERS.map((user) => `user_${user}="${PASSWORD}"`).filter((text) => !text.includes(','))
  for (const listener of ['sasl', 'short', 'brief']) {
    const prefix = `listener.name.${listener}`
    properties[`${prefix}.sasl.enabled.mechanisms`] = MECHANISMS.join(',')
    const module = (name: string, rest = '') =>
      `org.apache.kafka.common.security.${name}LoginModule required${rest};`
    properties[`${prefix}.plain.sasl.jaas.config`] = module('plain.Plain', ` ${loggedIn.join(' ')}`)
    for (const scram of ['scram-sha-256', 'scram-sha-512']) {
      properties[`${prefix}.${scram}.sasl.jaas.config`] = module('scram.Scram')
    }
  }
  return properties
}

async function answers(addresses: Addresses): Promise<Answers> {
  await addScramUsers(addresses.OPEN)
  const found = new Map<string, readonly string[]>()
  // A JVM that has just begun answers so late that it looks like a delay.
  await Promise.all(
    SCRIPTS.slice(0, WARM_UP)
      .filter(({ listener }) => listener === 'SASL')
      .map((script) => play(script, addresses)),
  )
  const waiting = [...SCRIPTS]
  const worker = async () => {
    for (let script = waiting.shift(); script; script = waiting.shift()) {
      found.set(script.name, await play(script, addresses))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return found
}

async function play({ run, listener }: Script, addresses: Addresses): Promise<readonly string[]> {
  const client = await ScriptedClient.connect(addresses[listener])
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      client.lines.push('no answer')
      resolve()
    }, LONGEST_SCRIPT_MS)
  })
  await Promise.race([run(client), late])
  clearTimeout(timer)
  client.close()
  return client.lines
}

/** As an administrator does it (KIP-554). */
async function addScramUsers(address: string): Promise<void> {
  await using client = await RawClient.connect(address)
  for (const mechanism of Object.values(SCRAM_MECHANISMS)) {
    const salt = Buffer.from('0123456789abcdef')
    const salted = saltedPassword(mechanism, PASSWORD, salt, 4096)
    const upsertions = USERS.map((name) => ({
      name,
      mechanism: mechanism.type,
      iterations: 4096,
      salt,
      saltedPassword: salted,
    }))
    const { results } = await client.send(alterUserScramCredentials, 0, { upsertions })
    const failed = results.find(({ errorCode }) => errorCode !== 0)
    if (failed) throw new Error(`no credential for ${failed.user}: ${failed.errorMessage}`)
  }
  for (let tries = 0; tries < 100; tries++) {
    const { results } = await client.send(describeUserScramCredentials, 0, { users: null })
    if (results.filter(({ credentialInfos }) => credentialInfos.length === 2).length === USERS.length) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the credentials do not arrive')
}

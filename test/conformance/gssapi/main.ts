import { Cluster } from '../../../lib/index.ts'
import { realKafkaMissing } from '../../helpers/real-kafka/classpath.ts'
import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import { Kdc, kdcMissing, REALM } from '../../helpers/security/kdc.ts'
import { DELAY_MS, ScriptedClient } from '../sasl/scripted-client.ts'
import { type ListenerName, MAX_REAUTH_MS, SCRIPTS, type Script } from './scripts.ts'
import { compareShortNames } from './short-names.ts'

const SERVICE = 'kafka/localhost'
const PRINCIPAL = `${SERVICE}@${REALM}`
const LISTENERS: readonly ListenerName[] = ['SASL', 'SHORT', 'RULES']
const OLD_POM = 'test/conformance/gssapi/old-kafka/pom.xml'
/** Many at a time, for most of them wait; not all, for a JVM that has just begun is slow. */
const AT_ONCE = 8
const LONGEST_SCRIPT_MS = 30_000

const CONFIGS = {
  'connection.failed.authentication.delay.ms': String(DELAY_MS),
  'listener.name.short.connections.max.reauth.ms': String(MAX_REAUTH_MS),
  // Nobody is called alice there.
  'listener.name.rules.sasl.kerberos.principal.to.local.rules': `RULE:[1:$1@$0](b.*@${REALM})s/@.*//U,RULE:[2:$1]`,
}

type Addresses = Readonly<Record<ListenerName, string>>
type Answers = ReadonlyMap<string, readonly string[]>

export function missing(): string | undefined {
  return realKafkaMissing() ?? kdcMissing()
}

/** GSSAPI with tickets of one KDC: the same tokens to Kafka and to us, what came back and how it ended. Then names by rules. */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  await using kdc = await Kdc.start({ services: [SERVICE, 'kafka/elsewhere'], users: ['alice', 'bob'] })
  process.env.KRB5_CONFIG = kdc.configuration
  const [newest, ours] = await Promise.all([kafkaAnswers(kdc, 'newest'), josephkAnswers(kdc)])
  const theirs = new Map([...newest, ...(await kafkaAnswers(kdc, 'old'))])
  const names = compareShortNames()
  let { passed } = names
  const details = [...names.details]
  for (const { name } of SCRIPTS) {
    const [expected = [], actual = []] = [theirs.get(name), ours.get(name)]
    for (let line = 0; line < Math.max(expected.length, actual.length); line++) {
      if (expected[line] === actual[line]) passed++
      else details.push(`${name}\n    kafka:   ${expected[line]}\n    josephk: ${actual[line]}`)
    }
  }
  return { passed, failed: details.length, details }
}

async function kafkaAnswers(kdc: Kdc, kafka: Script['kafka']): Promise<Answers> {
  const properties: Record<string, string> = { ...CONFIGS, 'sasl.kerberos.service.name': 'kafka' }
  const login = `com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true storeKey=true keyTab="${kdc.keytab(SERVICE)}" principal="${PRINCIPAL}";`
  for (const listener of LISTENERS) {
    const prefix = `listener.name.${listener.toLowerCase()}`
    properties[`${prefix}.sasl.enabled.mechanisms`] = 'GSSAPI'
    properties[`${prefix}.gssapi.sasl.jaas.config`] = login
  }
  await using broker = await startRealKafka({
    listeners: [
      { name: 'INTERNAL', securityProtocol: 'PLAINTEXT' },
      ...LISTENERS.map((name) => ({ name, securityProtocol: 'SASL_PLAINTEXT' })),
    ],
    properties,
    // Without the second one Kafka cannot tell which errors of Kerberos may pass, since Java keeps that to itself.
    javaArguments: [
      `-Djava.security.krb5.conf=${kdc.configuration}`,
      '--add-exports=java.security.jgss/sun.security.krb5=ALL-UNNAMED',
    ],
    ...(kafka === 'old' ? { pom: OLD_POM } : {}),
  })
  const scripts = SCRIPTS.filter((script) => script.kafka === kafka)
  return await answers(scripts, broker.brokers[0]?.addresses as Addresses, kdc)
}

async function josephkAnswers(kdc: Kdc): Promise<Answers> {
  await using cluster = await Cluster.start({
    listeners: LISTENERS.map((name) => ({
      name,
      securityProtocol: 'SASL_PLAINTEXT',
      saslMechanisms: ['GSSAPI'],
      kerberos: { keytab: kdc.keytab(SERVICE), principal: PRINCIPAL },
    })),
    config: CONFIGS,
  })
  const listeners = cluster.brokers[0]?.listeners ?? []
  const addresses = Object.fromEntries(listeners.map(({ name, address }) => [name, address]))
  return await answers(SCRIPTS, addresses as Addresses, kdc)
}

async function answers(scripts: readonly Script[], addresses: Addresses, kdc: Kdc): Promise<Answers> {
  const found = new Map<string, readonly string[]>()
  // A JVM that has just begun answers so late that it looks like a delay.
  for (const script of scripts.slice(0, 4)) await play(script, addresses, kdc)
  const waiting = [...scripts]
  const worker = async () => {
    for (let script = waiting.shift(); script; script = waiting.shift()) {
      found.set(script.name, await play(script, addresses, kdc))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return found
}

async function play(script: Script, addresses: Addresses, kdc: Kdc): Promise<readonly string[]> {
  const connect = () => ScriptedClient.connect(addresses[script.listener], shown)
  const client = await connect()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      client.lines.push('no answer')
      resolve()
    }, LONGEST_SCRIPT_MS)
  })
  try {
    await Promise.race([script.run(client, kdc, connect), late])
  } catch (error) {
    client.lines.push(String(error))
  }
  clearTimeout(timer)
  client.close()
  return client.lines
}

/** Tokens are never the same twice. */
function shown(token: Buffer): string {
  return token.length === 0 ? '' : 'a token'
}

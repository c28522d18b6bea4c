import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { KNOWN, startLoginsReal } from '../../test/clients/login-cluster.ts'
import { realKafkaMissing } from '../../test/helpers/real-kafka/classpath.ts'
import { startRealKafka } from '../../test/helpers/real-kafka/real-kafka.ts'
import { type Kdc, REALM } from '../../test/helpers/security/kdc.ts'
import type { LoginServer } from './login-client.ts'
import { KAFKA_JAVA, kfake, kfakeWith } from './servers.ts'

/** The principal that clients of Kerberos ask tickets for. */
export const SERVICE = 'kafka/localhost'

/** A server in a process of its own. */
export interface RunningLogins {
  readonly server: LoginServer
  readonly pid: number | undefined
  /** How long it gets faster when there is something new to do. */
  readonly warmUpMs: number
  stop(): Promise<void>
}

const WARM_UP_MS = 1_000
const JVM_WARM_UP_MS = 3_000

export interface LoginKind {
  readonly name: string
  /** Why it cannot run here. */
  missing(): string | undefined
  /** Without a KDC there is no GSSAPI. */
  start(kdc: Kdc | undefined): Promise<RunningLogins>
  /** Where GSSAPI is, if that is another one. */
  startKerberos?(kdc: Kdc): Promise<RunningLogins>
}

export const josephkLogins: LoginKind = {
  name: 'josephk',
  missing: () => undefined,
  async start(kdc) {
    const script = join(import.meta.dirname, 'login-server.js')
    const child = spawn(process.execPath, kdc === undefined ? [script] : [script, kdc.keytab(SERVICE)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...kdc?.environment() },
    })
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    return {
      server: JSON.parse(line),
      pid: child.pid,
      warmUpMs: WARM_UP_MS,
      async stop() {
        child.stdin.end()
        await once(child, 'close')
      },
    }
  },
}

export const kafkaLogins: LoginKind = {
  name: 'Apache Kafka',
  missing: realKafkaMissing,
  async start() {
    const cluster = await startLoginsReal({ jvm: KAFKA_JAVA })
    const authorization = `Basic ${Buffer.from(`${KNOWN.name}:${KNOWN.password}`).toString('base64')}`
    const body = new URLSearchParams({ grant_type: 'client_credentials' })
    const response = await fetch(cluster.tokenUrl, { method: 'POST', headers: { authorization }, body })
    const { access_token: token } = (await response.json()) as { access_token: string }
    const { plain, tls, ca, pid } = cluster
    const server = { plain, tls, ca, token }
    return { server, pid, warmUpMs: JVM_WARM_UP_MS, stop: () => cluster.stop() }
  },
  async startKerberos(kdc) {
    const login = `com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true storeKey=true keyTab="${kdc.keytab(SERVICE)}" principal="${SERVICE}@${REALM}";`
    const kafka = await startRealKafka({
      ...KAFKA_JAVA,
      listeners: [
        { name: 'INTERNAL', securityProtocol: 'PLAINTEXT' },
        { name: 'SASL', securityProtocol: 'SASL_PLAINTEXT' },
      ],
      properties: {
        'sasl.kerberos.service.name': 'kafka',
        'listener.name.sasl.sasl.enabled.mechanisms': 'GSSAPI',
        'listener.name.sasl.gssapi.sasl.jaas.config': login,
      },
      // Without the second one Kafka cannot tell which errors of Kerberos may pass, since Java keeps that to itself.
      javaArguments: [
        ...KAFKA_JAVA.javaArguments,
        `-Djava.security.krb5.conf=${kdc.configuration}`,
        '--add-exports=java.security.jgss/sun.security.krb5=ALL-UNNAMED',
      ],
    })
    const plain = kafka.bootstrapServersOf('SASL')
    const pid = kafka.brokers[0]?.pid
    return { server: { plain }, pid, warmUpMs: JVM_WARM_UP_MS, stop: () => kafka.stop() }
  },
}

/** It has PLAIN and SCRAM, and one listener. */
export const kfakeLogins: LoginKind = {
  name: kfake.name,
  missing: kfake.missing,
  async start() {
    const { host, port, pid, stop } = await kfakeWith('logins').start()
    return { server: { plain: `${host}:${port}` }, pid, warmUpMs: WARM_UP_MS, stop }
  },
}

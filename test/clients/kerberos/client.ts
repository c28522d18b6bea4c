import { deepEqual, match, ok } from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Kdc, kdcMissing } from '../../helpers/security/kdc.ts'
import { type Client, type Job, type JobContext, sources } from '../client.ts'
import { javaCommand, resolveClasspath } from '../java/maven.ts'
import { missingProgram, mustRun, type RunResult, run } from '../process.ts'
import { type KerberosCluster, keytabLogin, SERVICE } from './cluster.ts'

const USER = 'alice'
/** Whose keytab has a key that is no more. */
const OUTDATED = 'bob'
const RECORDS = 300
const SECONDS = 6
/** In that time; sessions last 1.3 s and are renewed at 85 to 95 % of it. */
const LEAST_REAUTHENTICATIONS = 3
const REFUSAL = /due to invalid credentials with SASL mechanism GSSAPI/
const CYRUS_PLUGINS = [
  '/usr/lib/x86_64-linux-gnu/sasl2',
  '/usr/lib/aarch64-linux-gnu/sasl2',
  '/usr/lib/sasl2',
]

interface Settled {
  readonly kdc: Kdc
  readonly cluster: KerberosCluster
  readonly context: JobContext
  readonly outdated: string
  /** A file in a folder of the job's own. */
  file(name: string, content: string): string
}

function job(name: string, work: (settled: Settled) => Promise<void>): Job {
  return {
    name: `kerberos ${name}`,
    async run(context) {
      await using kdc = await Kdc.start({ services: [SERVICE], users: [USER, OUTDATED] })
      const wrong = kdc.rekey(SERVICE)
      const cluster = await context.startKerberos({ kdc, right: kdc.keytab(SERVICE), wrong })
      try {
        const outdated = kdc.rekey(OUTDATED)
        const folder = join(context.folder, name)
        mkdirSync(folder, { recursive: true })
        const file = (fileName: string, content: string) => {
          writeFileSync(join(folder, fileName), content)
          return join(folder, fileName)
        }
        await work({ kdc, cluster, context, outdated, file })
      } finally {
        await cluster.stop()
      }
    },
  }
}

/** Sends and reads by a ticket that kinit got, and over TLS by a keytab; is refused for either side's wrong key. */
const javaJob = job('java', async ({ kdc, cluster, context, outdated, file }) => {
  const classpath = readFileSync(join(context.folder, 'classpath'), 'utf8')
  const [java = 'java', ...flags] = javaCommand(classpath, 'RoundTrip')
  const roundTrip = async (name: string, bootstrap: string, login: string, ...more: string[]) => {
    const settings = file(
      `${name}.properties`,
      [
        `bootstrap.servers=${bootstrap}`,
        'sasl.mechanism=GSSAPI',
        'sasl.kerberos.service.name=kafka',
        `sasl.jaas.config=${login}`,
        ...more,
        '',
      ].join('\n'),
    )
    const options = [`-Djava.security.krb5.conf=${kdc.configuration}`, ...flags]
    const topic = `${context.prefix}-${name}`
    return run(java, [...options, settings, topic, String(RECORDS), String(SECONDS)], {
      environment: kdc.environment(USER),
      timeoutMs: 60_000,
      onLine: context.log,
    })
  }
  kdc.kinit(USER)
  const { KRB5CCNAME = '' } = kdc.environment(USER)
  const ticket = `com.sun.security.auth.module.Krb5LoginModule required useTicketCache=true ticketCache="${KRB5CCNAME.replace('FILE:', '')}" principal="${USER}";`
  const keytab = keytabLogin(kdc.keytab(USER), USER)
  const before = cluster.logins()
  mustHaveRead(await roundTrip('ticket', cluster.plaintext, ticket, 'security.protocol=SASL_PLAINTEXT'))
  const after = cluster.logins()
  if (before && after) {
    const again = after.again - before.again
    ok(again >= LEAST_REAUTHENTICATIONS, `${again} re-authentications`)
    // The producer's two; the consumer's two, and one to the group's coordinator.
    ok(after.first - before.first <= 5, `${after.first - before.first} connections`)
  }
  const ca = file('ca.pem', cluster.ca)
  const tls = ['security.protocol=SASL_SSL', 'ssl.truststore.type=PEM', `ssl.truststore.location=${ca}`]
  mustHaveRead(await roundTrip('tls', cluster.tls, keytab, ...tls))

  const plaintext = 'security.protocol=SASL_PLAINTEXT'
  refused(await roundTrip('wrong-server', cluster.wrong, keytab, plaintext), REFUSAL)
  const login = keytabLogin(outdated, OUTDATED)
  refused(await roundTrip('wrong-client', cluster.plaintext, login, plaintext), /LoginException/)
})

/** The same by librdkafka with Cyrus' plugin. */
const kcatJob = job('kcat', async ({ kdc, cluster, context, outdated, file }) => {
  const lines = Array.from({ length: RECORDS }, (_, i) => `line ${i}`)
  const input = lines.join('\n').concat('\n')
  const options = (bootstrap: string, settings: Readonly<Record<string, string>>) => {
    const all = {
      'bootstrap.servers': bootstrap,
      'broker.address.family': 'v4',
      'sasl.mechanisms': 'GSSAPI',
      'sasl.kerberos.service.name': 'kafka',
      'security.protocol': 'sasl_plaintext',
      ...settings,
    }
    return Object.entries(all).flatMap(([name, value]) => ['-X', `${name}=${value}`])
  }
  const environment = kdc.environment(USER)
  const roundTrip = async (known: readonly string[], topic: string) => {
    await mustRun('kcat', [...known, '-P', '-t', topic], { input, onLine: context.log, environment })
    const reading = [...known, '-C', '-t', topic, '-o', 'beginning', '-e', '-q']
    deepEqual((await mustRun('kcat', reading, { environment })).trimEnd().split('\n'), lines)
  }
  kdc.kinit(USER)
  // Nothing to get another ticket by: it has to do with what kinit got.
  await roundTrip(
    options(cluster.plaintext, { 'sasl.kerberos.min.time.before.relogin': '0' }),
    `${context.prefix}-ticket`,
  )
  const byKeytab = { 'sasl.kerberos.keytab': kdc.keytab(USER), 'sasl.kerberos.principal': USER }
  const tls = { 'security.protocol': 'sasl_ssl', 'ssl.ca.location': file('ca.pem', cluster.ca) }
  await roundTrip(options(cluster.tls, { ...byKeytab, ...tls }), `${context.prefix}-tls`)

  const list = async (known: readonly string[], user: string) => {
    const result = await run('kcat', [...known, '-L', '-m', '3', '-d', 'security'], {
      environment: kdc.environment(user),
    })
    context.log(result.stderr.slice(-2_000))
    return result
  }
  refused(await list(options(cluster.wrong, byKeytab), USER), REFUSAL)
  const withoutKey = { 'sasl.kerberos.keytab': outdated, 'sasl.kerberos.principal': OUTDATED }
  refused(await list(options(cluster.plaintext, withoutKey), OUTDATED), /ticket refresh failed/i)
})

function mustHaveRead({ code, stdout, stderr }: RunResult): void {
  if (code !== 0) throw new Error(`it ended with ${code}: ${stderr.slice(-2_000)}`)
  match(stdout, new RegExp(`^READ ${RECORDS}$`, 'm'))
}

function refused({ code, stdout, stderr }: RunResult, why: RegExp): void {
  if (code === 0) throw new Error(`it was let in: ${stdout}`)
  match(stdout + stderr, why)
}

/** The clients that have GSSAPI, against a key distribution centre of their own. */
export const kerberos: Client = {
  name: 'kerberos',
  version: 'kafka-clients 4.4.0 and kcat 1.7.1, with tickets of MIT Kerberos',
  async missing() {
    const plugin = CYRUS_PLUGINS.some((folder) => existsSync(join(folder, 'libgssapiv2.so')))
    return (
      kdcMissing() ??
      (await missingProgram('javac', '-version')) ??
      (await missingProgram('mvn', '-version')) ??
      (await missingProgram('kcat', '-V')) ??
      (plugin
        ? undefined
        : "Cyrus SASL's plugin for GSSAPI is not there (Debian: libsasl2-modules-gssapi-mit)")
    )
  },
  async install(folder) {
    const java = sources('java')
    const jars = await resolveClasspath(join(java, 'pom.xml'), folder)
    const classes = join(folder, 'classes')
    await mustRun(
      'javac',
      ['-Xlint:all', '-Werror', '-encoding', 'UTF-8', '-cp', jars, '-d', classes, 'RoundTrip.java'],
      { cwd: sources('kerberos') },
    )
    // The Java sources' folder holds the settings of the logger.
    writeFileSync(join(folder, 'classpath'), [classes, java, jars].join(delimiter))
  },
  jobs: [javaJob, kcatJob],
}

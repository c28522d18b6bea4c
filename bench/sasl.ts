// Logins: how many connections a second come in by each mechanism, over TLS and without, beside Kafka; and a thousand at once.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { KNOWN, startLoginsReal } from '../test/clients/login-cluster.ts'
import { realKafkaMissing } from '../test/helpers/real-kafka/classpath.ts'
import { GssapiClient } from '../test/helpers/security/gssapi-client.ts'
import { Kdc, kdcMissing } from '../test/helpers/security/kdc.ts'
import { table } from './harness.ts'
import {
  Connector,
  handshake,
  type Login,
  type LoginServer,
  noLogin,
  oauthLogin,
  plainLogin,
  scramLogin,
  step,
} from './load/login-client.ts'
import { usageOf } from './load/process-usage.ts'

const AT_ONCE = 16
const ROUND_MS = 2_000
const WARM_UP_MS = 500
/** A JVM gets faster for a while. */
const WARM_UP_KAFKA_MS = 4_000
const STORM = 1_000
/** Clients of Kerberos whose tickets are fetched before the clock runs. */
const TICKETS = 200
const SERVICE = 'kafka/localhost'
const NO_LAYER = Buffer.of(1, 0, 0, 0)

interface Rate {
  readonly perSecond: number
  /** Of the server's processor. */
  readonly cpuMs: number | undefined
}

interface Running {
  readonly server: LoginServer
  readonly pid: number | undefined
  stop(): Promise<void>
}

export async function bench(): Promise<string[]> {
  const missing = kdcMissing()
  await using kdc =
    missing === undefined ? await Kdc.start({ services: [SERVICE], users: ['alice'] }) : undefined
  if (missing !== undefined) console.log(`GSSAPI: not measured, ${missing}`)
  const ours = await startOurs(kdc)
  const rows: string[][] = [['', 'josephk', 'CPU ms each', 'over TLS', 'CPU ms each']]
  const rates = new Map<string, readonly Rate[]>()
  let storm: string
  try {
    for (const [name, login] of logins(ours.server)) {
      const pair = [await rateOf(ours, login, false), await rateOf(ours, login, true)]
      rates.set(name, pair)
      rows.push([name, ...pair.flatMap(shown)])
    }
    if (kdc !== undefined) rows.push(['GSSAPI', ...shown(await kerberosRate(ours, kdc)), '', ''])
    storm = await stormOf(ours)
  } finally {
    await ours.stop()
  }
  console.log(`\nlogins a second, ${AT_ONCE} connections at a time, each made for one login`)
  console.log(table(rows))
  console.log(storm)
  return compareWithKafka(rates)
}

function logins({ token }: LoginServer): [string, Login][] {
  return [
    ['no login', noLogin],
    ['PLAIN', plainLogin],
    ['SCRAM-SHA-256', scramLogin('SCRAM-SHA-256')],
    ['SCRAM-SHA-512', scramLogin('SCRAM-SHA-512')],
    ['OAUTHBEARER', oauthLogin(token)],
  ]
}

async function compareWithKafka(ours: ReadonlyMap<string, readonly Rate[]>): Promise<string[]> {
  const missing = realKafkaMissing()
  if (missing !== undefined) {
    console.log(`Apache Kafka: not measured, ${missing}`)
    return []
  }
  const kafka = await startKafka()
  const rows: string[][] = [['', 'Apache Kafka', 'over TLS', 'ours to theirs', 'over TLS']]
  const lost: string[] = []
  try {
    for (const [name, login] of logins(kafka.server)) {
      const theirs = [await rateOf(kafka, login, false), await rateOf(kafka, login, true)]
      const ratios = theirs.map(({ perSecond }, i) => (ours.get(name)?.[i]?.perSecond ?? 0) / perSecond)
      rows.push([
        name,
        ...theirs.map(({ perSecond }) => perSecond.toFixed(0)),
        ...ratios.map((one) => one.toFixed(2)),
      ])
      for (const [i, ratio] of ratios.entries()) {
        if (ratio < 1)
          lost.push(`sasl, ${name}${i === 0 ? '' : ' over TLS'}: ${ratio.toFixed(2)} of Kafka's logins`)
      }
    }
  } finally {
    await kafka.stop()
  }
  console.log(`\nthe same client against Kafka`)
  console.log(table(rows))
  return lost
}

async function startOurs(kdc: Kdc | undefined): Promise<Running> {
  const script = join(import.meta.dirname, 'load', 'login-server.js')
  const child = spawn(process.execPath, kdc === undefined ? [script] : [script, kdc.keytab(SERVICE)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...kdc?.environment() },
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return {
    server: JSON.parse(line),
    pid: child.pid,
    async stop() {
      child.stdin.end()
      await once(child, 'close')
    },
  }
}

async function startKafka(): Promise<Running> {
  const cluster = await startLoginsReal({})
  const authorization = `Basic ${Buffer.from(`${KNOWN.name}:${KNOWN.password}`).toString('base64')}`
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  const response = await fetch(cluster.tokenUrl, { method: 'POST', headers: { authorization }, body })
  const { access_token: token } = (await response.json()) as { access_token: string }
  const { plain, tls, ca } = cluster
  const running = { server: { plain, tls, ca, token }, pid: undefined, stop: () => cluster.stop() }
  for (const [, login] of logins(running.server))
    await visits(new Connector(running.server, true), login, WARM_UP_KAFKA_MS)
  return running
}

async function rateOf({ server, pid }: Running, login: Login, isTls: boolean): Promise<Rate> {
  const connector = new Connector(server, isTls)
  await visits(connector, login, WARM_UP_MS)
  return measured(pid, () => visits(connector, login, ROUND_MS))
}

/** @returns how many there were */
async function visits(connector: Connector, login: Login, milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds
  let count = 0
  const worker = async () => {
    for (; performance.now() < end; count++) await connector.visit(login)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return count
}

async function measured(pid: number | undefined, work: () => Promise<number>): Promise<Rate> {
  const before = pid === undefined ? undefined : usageOf(pid)
  const begin = performance.now()
  const count = await work()
  const seconds = (performance.now() - begin) / 1000
  const after = pid === undefined ? undefined : usageOf(pid)
  const cpuMs = before && after && ((after.cpuSeconds - before.cpuSeconds) * 1000) / count
  return { perSecond: count / seconds, cpuMs }
}

/** What a client does for its ticket is none of the server's cost, and done before. */
async function kerberosRate({ server, pid }: Running, kdc: Kdc): Promise<Rate> {
  const clients = Array.from({ length: TICKETS }, () => {
    const client = new GssapiClient(kdc)
    return { client, first: client.next() }
  })
  const connector = new Connector(server, false)
  const waiting = [...clients]
  const login: Login = async (peer) => {
    const { client, first } = waiting.pop() as (typeof clients)[number]
    await handshake(peer, 'GSSAPI')
    // The server shows who it is, then what layers it has; there are none to choose.
    client.unwrap(await step(peer, client.next(await step(peer, first))))
    await step(peer, client.wrap(NO_LAYER))
  }
  try {
    return await measured(pid, async () => {
      const worker = async () => {
        while (waiting.length > 0) await connector.visit(login)
      }
      await Promise.all(Array.from({ length: AT_ONCE }, worker))
      return clients.length
    })
  } finally {
    for (const { client } of clients) client.close()
  }
}

/** All at once, by SCRAM, and what is left of it when they have gone. */
async function stormOf({ server, pid }: Running): Promise<string> {
  const connector = new Connector(server, false)
  const login = scramLogin('SCRAM-SHA-256')
  const megabytes = () => (pid === undefined ? undefined : usageOf(pid)?.residentMegabytes.toFixed(0))
  const before = megabytes()
  const begin = performance.now()
  const guests = await Promise.all(Array.from({ length: STORM }, () => connector.stay(login)))
  const seconds = (performance.now() - begin) / 1000
  const amid = megabytes()
  for (const { socket } of guests) socket.end()
  await Promise.all(guests.map(({ socket }) => once(socket, 'close')))
  return `${STORM} logins by SCRAM-SHA-256 at once: ${seconds.toFixed(2)} s; MB before, with all, after: ${before}, ${amid}, ${megabytes()}`
}

function shown({ perSecond, cpuMs }: Rate): string[] {
  return [perSecond.toFixed(0), cpuMs === undefined ? '' : cpuMs.toFixed(2)]
}

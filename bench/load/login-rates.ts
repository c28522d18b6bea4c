import { once } from 'node:events'
import { GssapiClient } from '../../test/helpers/security/gssapi-client.ts'
import type { Kdc } from '../../test/helpers/security/kdc.ts'
import { Connector, handshake, type Login, scramLogin, step } from './login-client.ts'
import type { RunningLogins } from './login-servers.ts'
import { usageOf } from './process-usage.ts'

/** So many connections at a time, each made for one login. */
export const AT_ONCE = 16
/** So many for a storm. */
export const STORM = 1_000
const ROUND_MS = 1_500
/** Clients of Kerberos whose tickets are fetched before the clock runs: each is good for one login. */
const TICKETS = 200
const NO_LAYER = Buffer.of(1, 0, 0, 0)

export interface Rate {
  readonly perSecond: number
  /** Of the server's processor, each. */
  readonly cpuMs: number
}

export async function loginRate(
  { server, pid, warmUpMs }: RunningLogins,
  login: Login,
  isTls: boolean,
): Promise<Rate> {
  const connector = new Connector(server, isTls)
  await visits(connector, login, warmUpMs)
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
  const cpuSeconds = () => (pid === undefined ? undefined : usageOf(pid)?.cpuSeconds) ?? Number.NaN
  const before = cpuSeconds()
  const begin = performance.now()
  const count = await work()
  const seconds = (performance.now() - begin) / 1000
  return { perSecond: count / seconds, cpuMs: ((cpuSeconds() - before) * 1000) / count }
}

/** What a client does for its ticket is none of the server's cost, and done before. */
export async function kerberosRate(running: RunningLogins, kdc: Kdc): Promise<Rate> {
  await kerberosRound(running, kdc)
  return kerberosRound(running, kdc)
}

async function kerberosRound({ server, pid }: RunningLogins, kdc: Kdc): Promise<Rate> {
  const clients = Array.from({ length: TICKETS }, () => {
    const client = new GssapiClient(kdc)
    return { client, first: client.next() }
  })
  const connector = new Connector(server, false)
  const waiting = [...clients]
  const loginBy =
    ({ client, first }: (typeof clients)[number]): Login =>
    async (peer) => {
      await handshake(peer, 'GSSAPI')
      // The server shows who it is, then what layers it has; there are none to choose.
      client.unwrap(await step(peer, client.next(await step(peer, first))))
      await step(peer, client.wrap(NO_LAYER))
    }
  try {
    return await measured(pid, async () => {
      const worker = async () => {
        for (let one = waiting.pop(); one; one = waiting.pop()) await connector.visit(loginBy(one))
      }
      await Promise.all(Array.from({ length: AT_ONCE }, worker))
      return clients.length
    })
  } finally {
    for (const { client } of clients) client.close()
  }
}

export interface Storm {
  readonly seconds: number
  /** Resident, with nobody there, with all, and when they have gone. */
  readonly megabytes: readonly [before: number, amid: number, after: number]
}

/** All at once, by SCRAM, and what is left of it when they have gone. */
export async function loginStorm({ server, pid }: RunningLogins): Promise<Storm> {
  const connector = new Connector(server, false)
  const login = scramLogin('SCRAM-SHA-256')
  const megabytes = () => (pid === undefined ? undefined : usageOf(pid)?.residentMegabytes) ?? Number.NaN
  const before = megabytes()
  const begin = performance.now()
  const guests = await Promise.all(Array.from({ length: STORM }, () => connector.stay(login)))
  const seconds = (performance.now() - begin) / 1000
  const amid = megabytes()
  for (const { socket } of guests) socket.end()
  await Promise.all(guests.map(({ socket }) => once(socket, 'close')))
  return { seconds, megabytes: [before, amid, megabytes()] }
}

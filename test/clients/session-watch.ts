import type { ClientSession } from '../../lib/index.ts'
import type { JobContext } from './client.ts'
import type { LoginCluster } from './login-cluster.ts'

const SAMPLE_MS = 100
const LEAST_REAUTHENTICATIONS = 10
/** For the first heartbeat and the first commit of offsets, which some clients make a connection for. */
const SETTLING_MS = 6_000

/** What must not happen while records flow. */
const FAILURES = ['failed-reauthentication-total', 'expired-connections-killed-count']

/** Looks at the sessions of a cluster in this process all the time. */
export class SessionWatch {
  readonly #cluster: LoginCluster
  readonly #seen = new Map<string, ClientSession>()
  readonly #timer: NodeJS.Timeout
  #settling: NodeJS.Timeout | undefined
  #settled: number | undefined
  #logins: number | undefined
  /** In the order of `FAILURES`. */
  #failures: readonly number[] | undefined

  constructor(cluster: LoginCluster) {
    this.#cluster = cluster
    this.#timer = setInterval(() => this.#look(), SAMPLE_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#settling)
  }

  /** In a while every client has made all the connections it needs. */
  settleSoon(): void {
    this.#settling = setTimeout(() => {
      this.#settled = this.#countLogins()
    }, SETTLING_MS)
  }

  /** A client is about to leave, for which some make a connection, too, or write to one whose session has ended. */
  note(): void {
    this.#logins ??= this.#countLogins()
    this.#failures ??= FAILURES.map((metric) => this.#cluster.figures?.total(metric) ?? 0)
  }

  /** @throws Error unless the busy connections of so many clients authenticated again often enough, and no other was made */
  check(clients: number, { log }: JobContext): void {
    const { figures } = this.#cluster
    if (figures === undefined) return
    const times = [...this.#seen.values()].map(({ reauthentications }) => reauthentications)
    const logins = this.#logins
    log(
      `connections ${logins}, of which ${this.#settled} at first; times authenticated again: ${times.join(' ')}`,
    )
    // Each has one to send and one to read at least.
    const busy = times.filter((count) => count >= LEAST_REAUTHENTICATIONS).length
    if (busy < 2 * clients) throw new Error(`too few re-authentications: ${times.join(' ')}`)
    for (const [i, metric] of FAILURES.entries()) {
      const count = this.#failures?.[i] ?? figures.total(metric)
      if (count > 0) throw new Error(`${metric} is ${count}`)
    }
    if (logins !== this.#settled) throw new Error(`${logins} connections, ${this.#settled} at first`)
  }

  #countLogins(): number | undefined {
    return this.#cluster.figures?.total('successful-authentication-total')
  }

  #look(): void {
    for (const session of this.#cluster.figures?.sessions() ?? [])
      this.#seen.set(session.connectionId, session)
  }
}

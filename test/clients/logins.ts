import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Job, JobContext } from './client.ts'
import { KNOWN, type LoginCluster, type LoginOptions, MECHANISMS, type Mechanism } from './login-cluster.ts'
import { run } from './process.ts'
import { SessionWatch } from './session-watch.ts'

/**
 * One thing that a client's program does, beside others at the same time; it says how that ended on a line of its own:
 * - `login`: sends and reads a few records. `IN <name>`, or `REFUSED <name> <why>`
 * - `flow`: sends a record every few milliseconds for a while, and reads them in a group meanwhile; each must come once, in order.
 *   `FLOWING <name>` once it has read the first, `FLOWED <name> <records>` at the end
 * - `expiry`: sends until it may not any more, for it gets no other token. `IN <name>` after the first, `CUT <name> <records>` at the end
 *
 * Whatever else happens is `FAILED <name> <why>`.
 */
interface Task {
  readonly name: string
  readonly kind: 'login' | 'flow' | 'expiry'
  readonly mechanism: Mechanism
  readonly tls: boolean
  readonly password: string
  readonly milliseconds: number
}

/** The command of a client's program, to which `--logins <file>` is added. */
export type Command = (folder: string, tokenUrl: string) => readonly string[]

/** What a client does by SASL: which mechanisms it has, and what it sends its records by while it authenticates again. */
export interface SaslClient {
  readonly name: string
  readonly command: Command
  readonly mechanisms?: readonly Mechanism[]
  /** Over TLS and without. */
  readonly flows: readonly { readonly mechanism: Mechanism; readonly tls: boolean }[]
  /** How long sessions last meanwhile, for one that authenticates again long before their end. */
  readonly maxReauthMs?: number
  /** What it says of a token that is refused, where it does not pass on what it is told. */
  readonly tokenRefusal?: RegExp
  /** Looks at what the program wrote while it authenticated again and again. */
  readonly checkFlowLog?: (lines: readonly string[]) => void
}

const TIMEOUT_MS = 90_000
/** Clients authenticate again at 85 % of it at the soonest, which must be more than a second. */
const MAX_REAUTH_MS = 2_500
const FLOW_MS = 27_000
const ATTEMPTS = 3
/** The least that clients leave themselves of a session, 5 %, is twice as long: they may stand still, too. */
const LONGEST_STALL_MS = 60
const EXPIRES_IN = 4
/** How each mechanism refuses: Kafka's own words, as far as clients pass them on. */
const REFUSALS: Readonly<Record<Mechanism, RegExp>> = {
  PLAIN: /Authentication failed: Invalid username or password|SASL_AUTHENTICATION_FAILED/i,
  'SCRAM-SHA-256': /invalid credentials with SASL mechanism SCRAM-SHA-256|SASL_AUTHENTICATION_FAILED/i,
  'SCRAM-SHA-512': /invalid credentials with SASL mechanism SCRAM-SHA-512|SASL_AUTHENTICATION_FAILED/i,
  OAUTHBEARER: /invalid_token|SASL_AUTHENTICATION_FAILED/i,
}

export function saslJobs(client: SaslClient): Job[] {
  return [loginsJob(client), flowsJob(client), expiryJob(client)]
}

const protocolOf = (tls: boolean) => (tls ? 'SASL_SSL' : 'SASL_PLAINTEXT')

/** Each mechanism, over TLS and without, with right and wrong credentials. */
function loginsJob({ name, command, mechanisms = MECHANISMS, tokenRefusal }: SaslClient): Job {
  const parts = mechanisms.flatMap((mechanism) => [false, true].map((tls) => ({ mechanism, tls })))
  const partName = ({ mechanism, tls }: { mechanism: string; tls: boolean }) =>
    `${mechanism}-${protocolOf(tls)}`
  const refusals = tokenRefusal === undefined ? REFUSALS : { ...REFUSALS, OAUTHBEARER: tokenRefusal }
  return {
    name: `${name} logins`,
    parts: parts.map(partName),
    run: (context) =>
      withCluster(context, {}, async (cluster) => {
        const tasks = parts.flatMap((part) =>
          ['right', 'wrong'].map((which) => ({
            ...part,
            name: `${partName(part)}-${which}`,
            kind: 'login' as const,
            password: which === 'right' ? KNOWN.password : 'wrong',
            milliseconds: 0,
          })),
        )
        const ends = await runTasks(context, cluster, command, tasks)
        const refused = cluster.figures?.total('failed-authentication-total') ?? parts.length
        for (const part of parts) {
          const [right, wrong] = ['right', 'wrong'].map(
            (which) => ends.get(`${partName(part)}-${which}`) ?? 'no word',
          )
          const isRefused = wrong?.startsWith('REFUSED') && refusals[part.mechanism].test(wrong)
          const isGood = right === 'IN' && isRefused && refused >= parts.length
          context.report(
            partName(part),
            isGood ? undefined : `right: ${right}; wrong: ${wrong}; ${refused} refused`,
          )
        }
      }),
  }
}

/** Records flow while sessions end again and again: none is lost or repeated, and no connection is made. */
function flowsJob({ name, command, flows, maxReauthMs = MAX_REAUTH_MS, checkFlowLog }: SaslClient): Job {
  return {
    name: `${name} sessions`,
    run: (context) =>
      unlessBusy(context, { maxReauthMs }, async (cluster) => {
        const tasks = flows.map(({ mechanism, tls }) => ({
          name: `${mechanism}-${protocolOf(tls)}`,
          kind: 'flow' as const,
          mechanism,
          tls,
          password: KNOWN.password,
          milliseconds: FLOW_MS,
        }))
        const lines: string[] = []
        const watch = new SessionWatch(cluster)
        let flowing = 0
        const ends = await runTasks(context, cluster, command, tasks, (line) => {
          lines.push(line)
          if (line.startsWith('FLOWING ') && ++flowing === tasks.length) watch.settleSoon()
          if (line.startsWith('FLOWED ')) watch.note()
        })
        watch.stop()
        for (const task of tasks) {
          const end = ends.get(task.name) ?? 'no word'
          if (!/^FLOWED [1-9]\d{2,}$/.test(end)) throw new Error(`${task.name}: ${end}`)
        }
        watch.check(tasks.length, context)
        checkFlowLog?.(lines)
      }),
  }
}

/** A client whose token ends, and who gets no other, sends nothing after that. */
function expiryJob({ name, command }: SaslClient): Job {
  return {
    name: `${name} expired token`,
    run: (context) =>
      withCluster(context, { expiresIn: EXPIRES_IN }, async (cluster) => {
        const task = { name: 'expiry', kind: 'expiry', mechanism: 'OAUTHBEARER', tls: false } as const
        const ends = await runTasks(
          context,
          cluster,
          command,
          [{ ...task, password: KNOWN.password, milliseconds: 0 }],
          (line) => {
            if (line === 'IN expiry') cluster.refuse(KNOWN.name)
          },
        )
        const end = ends.get('expiry') ?? 'no word'
        const records = Number(/^CUT (\d+)/.exec(end)?.[1])
        // One every tenth of a second, from when the token was made to when it ended: by JWTs in whole seconds, rounded up.
        if (!(records >= 5 && records <= (EXPIRES_IN + 1) * 10 + 5)) throw new Error(end)
        const { figures } = cluster
        if (figures === undefined) return
        const cut = [
          'expired-connections-killed-count',
          'failed-reauthentication-total',
          'failed-authentication-total',
        ]
        context.log(cut.map((metric) => `${metric} ${figures.total(metric)}`).join(', '))
        // Some authenticate again by the token they have, whose rest is so short that they are back within a second: Kafka minds.
        const isTooSoon = /ILLEGAL_SASL_STATE|current SASL state/i.test(end)
        if (!isTooSoon && !cut.some((metric) => figures.total(metric) > 0))
          throw new Error(`${end}, not cut off`)
        if (figures.sessions().length > 0) throw new Error('a session is left')
      }),
  }
}

/** A machine that stands still for longer than clients leave themselves lets sessions end: what fails then says nothing. */
async function unlessBusy(
  context: JobContext,
  options: LoginOptions,
  work: (cluster: LoginCluster) => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const delay = monitorEventLoopDelay({ resolution: 10 })
    delay.enable()
    try {
      await withCluster(context, options, work)
      return
    } catch (error) {
      const [stalledMs, load] = [Math.round(delay.max / 1e6), loadavg()[0] ?? 0]
      context.log(`stood still for ${stalledMs} ms, load ${load}`)
      const isBusy = stalledMs > LONGEST_STALL_MS || load > availableParallelism()
      if (!isBusy || attempt === ATTEMPTS) throw error
      context.log(`again, for the machine was busy: ${error}`)
    } finally {
      delay.disable()
    }
  }
}

async function withCluster(
  context: JobContext,
  options: LoginOptions,
  work: (cluster: LoginCluster) => Promise<void>,
): Promise<void> {
  const cluster = await context.startLogins(options)
  try {
    await work(cluster)
  } catch (error) {
    for (const line of cluster.figures?.closings ?? []) context.log(line)
    throw error
  } finally {
    await cluster.stop()
  }
}

/** @returns what became of each task: `IN`, `REFUSED why`, `FLOWED records`, `CUT records`, `FAILED why` */
async function runTasks(
  context: JobContext,
  cluster: LoginCluster,
  command: Command,
  tasks: readonly Task[],
  onLine: (line: string) => void = () => {},
): Promise<ReadonlyMap<string, string>> {
  const folder = join(context.folder, context.prefix)
  mkdirSync(folder, { recursive: true })
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, cluster.ca)
  const topicOf = ({ name }: Task) => `${context.prefix}-${name}`
  await cluster.createTopics(tasks.map(topicOf))
  const file = join(folder, 'logins')
  const rows = tasks.map((task) => {
    const { name, kind, mechanism, tls, password, milliseconds } = task
    // A wrong token is one that nobody signed.
    const tokenUrl = mechanism === 'OAUTHBEARER' && password === KNOWN.password ? cluster.tokenUrl : '-'
    const where = tls ? [cluster.tls, ca] : [cluster.plain, '-']
    return [
      name,
      kind,
      ...where,
      mechanism,
      KNOWN.name,
      password,
      tokenUrl,
      topicOf(task),
      milliseconds,
    ].join('\t')
  })
  writeFileSync(file, rows.join('\n').concat('\n'))
  const ends = new Map<string, string>()
  const [program, ...args] = command(context.folder, cluster.tokenUrl)
  await run(program as string, [...args, '--logins', file], {
    timeoutMs: TIMEOUT_MS,
    environment: { PYTHONDONTWRITEBYTECODE: '1' },
    onLine(line) {
      // Java's is long, and there is a check of its own for it.
      if (!line.includes(' DEBUG ')) context.log(line)
      const [, what, name, rest] = /^(IN|REFUSED|FLOWED|CUT|FAILED) (\S+) ?(.*)$/.exec(line) ?? []
      if (name !== undefined) ends.set(name, `${what} ${rest}`.trim())
      onLine(line)
    },
  })
  return ends
}

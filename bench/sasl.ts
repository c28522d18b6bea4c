// Logins: how many connections a second come in by each mechanism, over TLS and without, beside Kafka and kfake; and a thousand at once.
import { Kdc, kdcMissing } from '../test/helpers/security/kdc.ts'
import type { Bar, Goal, Report } from './harness/report.ts'
import {
  type Login,
  type LoginServer,
  noLogin,
  oauthLogin,
  plainLogin,
  scramLogin,
} from './load/login-client.ts'
import {
  AT_ONCE,
  kerberosRate,
  loginRate,
  loginStorm,
  type Rate,
  STORM,
  type Storm,
} from './load/login-rates.ts'
import { josephkLogins, kafkaLogins, kfakeLogins, type RunningLogins, SERVICE } from './load/login-servers.ts'

/** One storm after the other: what they leave behind may not add up. */
const STORMS = 4
const STORM_GROWTH = 1.15

/** Rates by what was done, in the order in which it was. */
type Rates = ReadonlyMap<string, Rate>

export async function bench(report: Report): Promise<void> {
  const missing = kdcMissing()
  if (missing !== undefined) report.missing('GSSAPI', missing)
  await using kdc =
    missing === undefined ? await Kdc.start({ services: [SERVICE], users: ['alice'] }) : undefined
  const rates = new Map<string, Rates>()
  const storms = new Map<string, readonly Storm[]>()
  for (const kind of [josephkLogins, kafkaLogins, kfakeLogins]) {
    const { name } = kind
    const why = kind.missing()
    if (why !== undefined) {
      report.missing(name, why)
      continue
    }
    const found = new Map<string, Rate>()
    rates.set(name, found)
    await withServer(kind.start(kdc), async (running) => {
      await measure(report, name, running, found)
      report.step(`${name}, ${STORM} at once`)
      const all: Storm[] = []
      for (let i = 0; i < STORMS; i++) all.push(await loginStorm(running))
      storms.set(name, all)
      if (kdc && kind === josephkLogins) found.set('GSSAPI', await kerberosRate(running, kdc))
    })
    if (kdc && kind.startKerberos) {
      report.step(`${name}, GSSAPI`)
      await withServer(kind.startKerberos(kdc), async (running) => {
        found.set('GSSAPI', await kerberosRate(running, kdc))
      })
    }
  }
  showRates(report, rates)
  showStorms(report, storms)
}

async function withServer(
  starting: Promise<RunningLogins>,
  work: (running: RunningLogins) => Promise<void>,
): Promise<void> {
  const running = await starting
  try {
    await work(running)
  } finally {
    await running.stop()
  }
}

async function measure(report: Report, name: string, running: RunningLogins, found: Map<string, Rate>) {
  for (const [what, login] of logins(running.server)) {
    for (const isTls of running.server.tls === undefined ? [false] : [false, true]) {
      const title = isTls ? `${what} over TLS` : what
      report.step(`${name}, ${title}`)
      found.set(title, await loginRate(running, login, isTls))
    }
  }
}

function logins({ token }: LoginServer): [string, Login][] {
  return [
    ['no login', noLogin],
    ['PLAIN', plainLogin],
    ['SCRAM-SHA-256', scramLogin('SCRAM-SHA-256')],
    ['SCRAM-SHA-512', scramLogin('SCRAM-SHA-512')],
    ...(token === undefined ? [] : ([['OAUTHBEARER', oauthLogin(token)]] as [string, Login][])),
  ]
}

function showRates(report: Report, rates: ReadonlyMap<string, Rates>): void {
  const names = [...rates.keys()]
  const rows = [['', ...names.flatMap((name) => [name, 'CPU ms each'])]]
  const goals: Goal[] = []
  const bars: Bar[] = []
  const costs: Bar[] = []
  for (const [what, ours] of rates.get(josephkLogins.name) ?? []) {
    const cells: string[] = []
    for (const name of names) {
      const rate = rates.get(name)?.get(what)
      cells.push(...(rate ? [rate.perSecond.toFixed(0), rate.cpuMs.toFixed(2)] : ['-', '-']))
      if (!rate) continue
      bars.push({ group: what, who: name, value: rate.perSecond })
      costs.push({ group: what, who: name, value: rate.cpuMs })
    }
    rows.push([what, ...cells])
    const kafka = rates.get(kafkaLogins.name)?.get(what)
    if (!kafka) continue
    goals.push(
      { what: `${what}: logins a second of Kafka's`, value: ours.perSecond / kafka.perSecond, atLeast: 1 },
      { what: `${what}: CPU each of Kafka's`, value: ours.cpuMs / kafka.cpuMs, atMost: 1 },
    )
  }
  report.show({
    title: 'Logins a second',
    note: `By one client that makes a connection for each, ${AT_ONCE} at a time.`,
    rows,
    goals,
    charts: [
      { title: 'Logins', unit: 'logins a second', better: 'more', bars },
      { title: 'What a login costs', unit: 'milliseconds of the processor', better: 'less', bars: costs },
    ],
  })
}

function showStorms(report: Report, storms: ReadonlyMap<string, readonly Storm[]>): void {
  const rows = [['', 'seconds', 'MB before', 'with all', 'after', `after ${STORMS} storms`]]
  const bars: Bar[] = []
  for (const [name, all] of storms) {
    const [first, last] = [all[0] as Storm, all.at(-1) as Storm]
    const memory = [...first.megabytes, last.megabytes[2]].map((one) => one.toFixed(0))
    rows.push([name, least(all).toFixed(2), ...memory])
    bars.push({ group: '', who: name, value: least(all) })
  }
  const ours = storms.get(josephkLogins.name) ?? []
  const kafka = storms.get(kafkaLogins.name)
  const growth = (ours.at(-1)?.megabytes[2] ?? Number.NaN) / (ours[0]?.megabytes[2] ?? Number.NaN)
  const title = `${STORM.toLocaleString('en')} logins by SCRAM-SHA-256 at once`
  report.show({
    title,
    note: `The quickest of ${STORMS} storms; resident memory of the server.`,
    rows,
    goals: [
      { what: `memory after ${STORMS} storms, of that after one`, value: growth, atMost: STORM_GROWTH },
      ...(kafka ? [{ what: "time of Kafka's", value: least(ours) / least(kafka), atMost: 1 }] : []),
    ],
    charts: [{ title, unit: 'seconds', better: 'less', bars }],
  })
}

function least(storms: readonly Storm[]): number {
  return Math.min(...storms.map(({ seconds }) => seconds))
}

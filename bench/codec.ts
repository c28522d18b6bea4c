import assert from 'node:assert/strict'
import { codecOf } from '../protocol/codec.ts'
import { Reader } from '../protocol/primitives/reader.ts'
import { StringTable } from '../protocol/primitives/string-table.ts'
import { Writer } from '../protocol/primitives/writer.ts'
import { encodeBatch } from '../protocol/records/encode-batch.ts'
import type { Message } from '../protocol/schema.ts'
import { type Case, cases, RECORD } from './codec/cases.ts'
import { kafkajs, platformatic, type Rival } from './codec/rivals.ts'
import type { Bar, Goal, Report } from './harness/report.ts'
import { readable, type Timing, time, timeTogether } from './harness.ts'

/** How many times faster than the faster of the two others each codec is to be. */
const GOAL = 2

const writer = new Writer()

function encode(message: Message, version: number, value: unknown): Buffer[] {
  codecOf(message, version).encode(writer, value as never)
  return writer.take()
}

/**
 * Clients encode requests and decode responses, so that is what is compared, at the version of the other client. What a
 * broker does, the other way round, is ours alone. Produce includes building a batch of one record for each partition,
 * since the other two do that while they encode. Ours decodes with a table of names, as the cluster does; `bare` is
 * without. Ratios are of the minima: what else runs on the machine changes medians.
 */
export async function bench(report: Report): Promise<void> {
  const found: Found = {
    rows: [['message', 'version', 'what', 'ours', 'min', 'bare min', 'theirs', 'min', 'ratio', 'whose']],
    goals: [],
    bars: [],
  }
  for (const one of cases) {
    report.step(one.title)
    for (const rival of [kafkajs(one), await platformatic(one)]) await compare(one, rival, found)
  }
  const { rows, goals, bars } = found
  const empty = readable((await time(() => undefined)).median)
  const unit = 'times as fast as the other'
  report.show({
    title: 'Beside other clients',
    note: `An empty case: ${empty}.`,
    rows,
    goals,
    charts: ['decode', 'encode'].map((what) => ({
      title: `How much faster we ${what}`,
      unit,
      better: 'more',
      bars: bars.filter(({ group }) => group.startsWith(what)),
    })),
  })
  report.step('ours alone')
  report.show({ title: 'Ours alone, newest version, minima', rows: await alone() })
  await produceSizes(report)
}

interface Found {
  readonly rows: string[][]
  readonly goals: Goal[]
  readonly bars: Bar[]
}

async function compare(one: Case, rival: Rival, { rows, goals, bars }: Found): Promise<void> {
  const { title, api, response } = one
  const { name, version } = rival
  const report = (what: string, ours: Timing, theirs: Timing, bare?: Timing) => {
    const ratio = theirs.min / ours.min
    const shown = [ours.median, ours.min, bare?.min, theirs.median, theirs.min].map((t) =>
      t ? readable(t) : '',
    )
    rows.push([title, `v${version}`, what, ...shown, ratio.toFixed(1), name])
    goals.push({
      what: `${title} v${version}, ${what}: times as fast as ${name}`,
      value: ratio,
      atLeast: GOAL,
    })
    bars.push({ group: `${what} ${title}`, who: name, value: ratio, goal: GOAL })
  }

  const whole = Buffer.concat(encode(api.response, version, response))
  const decoder = codecOf(api.response, version)
  const names = new StringTable()
  const [decoded, bare, other] = await timeTogether([
    () => decoder.decode(new Reader(whole, 0, names)),
    () => decoder.decode(new Reader(whole)),
    () => rival.decode(whole),
  ])
  report('decode', decoded as Timing, other as Timing, bare)

  if (!rival.encode) return
  const theirs = rival.bytes(await rival.encode())
  const ours = encoderOf(one, version)
  if (api.name === 'Produce') codecOf(api.request, version).decode(new Reader(theirs))
  else
    assert.equal(Buffer.concat(ours()).toString('hex'), theirs.toString('hex'), `${title}: ${name} differs`)
  const [mine, others] = await timeTogether([ours, rival.encode])
  report('encode', mine as Timing, others as Timing)
}

/** Encodes the case's request; for Produce from records, as the others do. */
function encoderOf({ api, request, partitions }: Case, version: number): () => Buffer[] {
  if (api.name !== 'Produce') return () => encode(api.request, version, request)
  return () => encode(api.request, version, withBatches(request, partitions))
}

function withBatches(request: unknown, partitions: number): unknown {
  const partitionData = []
  for (let index = 0; index < partitions; index++)
    partitionData.push({ index, records: encodeBatch({ records: [RECORD] }) })
  return { ...(request as object), topicData: [{ name: 'orders', partitionData }] }
}

async function alone(): Promise<string[][]> {
  const rows = [['message', 'request encoded', 'request decoded', 'response encoded', 'response decoded']]
  for (const { title, api, request, response } of cases) {
    const version = api.versions.max
    const row = [title]
    for (const [message, value] of [
      [api.request, request],
      [api.response, response],
    ] as const) {
      const whole = Buffer.concat(encode(message, version, value))
      const codec = codecOf(message, version)
      row.push(readable((await time(() => encode(message, version, value))).min))
      const names = new StringTable()
      row.push(readable((await time(() => codec.decode(new Reader(whole, 0, names)))).min))
    }
    rows.push(row)
  }
  return rows
}

/** Decoding a Produce must not touch the records: 1 MB may cost no more than 1 KB. */
async function produceSizes(report: Report): Promise<void> {
  const { api } = cases.find(({ title }) => title.startsWith('Produce')) as Case
  const version = api.versions.max
  const codec = codecOf(api.request, version)
  const rows = [['Produce request decoded', 'median', 'min']]
  const sizes = [1024, 1024 * 1024]
  const decoders = sizes.map((size) => {
    const records = Buffer.alloc(size, 1)
    const value = { acks: -1, timeoutMs: 30_000, topicData: [{ partitionData: [{ index: 0, records }] }] }
    const whole = Buffer.concat(encode(api.request, version, value))
    return () => codec.decode(new Reader(whole))
  })
  const [small, large] = (await timeTogether(decoders)) as [Timing, Timing]
  for (const [i, { median, min }] of [small, large].entries()) {
    rows.push([`${sizes[i]} bytes of records`, readable(median), readable(min)])
  }
  // Two measurements of the same thing differ in one of the two figures, seldom in both; touching 1 MB costs 50 us.
  const ratio = Math.min(large.min / small.min, large.median / small.median)
  report.show({
    title: 'Records are not touched',
    rows,
    goals: [{ what: 'a Produce of 1 MB decoded, of the time of 1 KB', value: ratio, atMost: 1.1 }],
  })
}

// What benches say, and the page that is made of it: nothing lost is left out.
import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { drawChart } from '../../bench/harness/chart-drawing.ts'
import type { KeptResult } from '../../bench/harness/kept-results.ts'
import { elapsed, Progress } from '../../bench/harness/progress.ts'
import { type Chart, Report } from '../../bench/harness/report.ts'
import { resultsPage } from '../../bench/harness/results-page.ts'

const CHART: Chart = {
  title: 'A <chart>',
  unit: 'GB a second',
  better: 'more',
  bars: [
    { group: '1 MB', who: 'bare', value: 2.5 },
    { group: '1 MB', who: 'josephk', value: 1.25, goal: 2 },
    { group: '1 MB', who: 'never measured', value: Number.NaN },
    { group: '16 KB', who: 'josephk', value: 0 },
  ],
}

function terminal(isTTY: boolean): NodeJS.WriteStream {
  return Object.assign(new PassThrough(), { isTTY, columns: 40 }) as unknown as NodeJS.WriteStream
}

/** A report that prints nothing here. */
function reporting(t: Test, keep?: () => void): Report {
  t.capture(console, 'log')
  return new Report(new Progress('test', terminal(false)), keep)
}

function result(bench: string, more: Partial<KeptResult> = {}): KeptResult {
  const kept = { machine: 'a machine', versions: { Node: 'v20' }, begun: '2026-01-02T03:04:05.678Z' }
  return { bench, ...kept, seconds: 65, sections: [], missings: [], ...more }
}

t.test('goals are met, lost, or lost because nobody knows', async (t) => {
  let kept = 0
  const report = reporting(t, () => kept++)
  const goals = [
    { what: 'enough', value: 0.9, atLeast: 0.9 },
    { what: 'nearly enough', value: 0.89991, atLeast: 0.9 },
    { what: 'little enough', value: 25, unit: 'MB', atMost: 25 },
    { what: 'too much', value: 26.123, unit: 'MB', atMost: 25 },
    { what: 'unknown', value: Number.NaN, atMost: 25 },
  ]
  report.show({ title: 'A table', rows: [['what', 'GB/s']], goals })
  t.same(report.sections[0]?.goals, [
    { what: 'enough', measured: '0.9', limit: 'at least 0.9', isLost: false },
    { what: 'nearly enough', measured: '0.8999', limit: 'at least 0.9', isLost: true },
    { what: 'little enough', measured: '25 MB', limit: 'at most 25 MB', isLost: false },
    { what: 'too much', measured: '26.1 MB', limit: 'at most 25 MB', isLost: true },
    { what: 'unknown', measured: 'not measured', limit: 'at most 25', isLost: true },
  ])
  report.missing('a rival', 'it does not run here')
  report.missing('a rival', 'it does not run here\nand all that it logged')
  t.same(report.missings, [{ what: 'a rival', why: 'it does not run here' }])
  t.equal(kept, 2, 'kept as soon as it is said')
})

t.test('a chart has a bar for what was measured, and a mark for its goal', async (t) => {
  const svg = await drawChart(CHART)
  t.match(svg, /^<svg .*<\/svg>\n$/s)
  t.match(svg, 'A &lt;chart&gt;')
  t.match(svg, 'GB a second (more is better)')
  t.notMatch(svg, 'never measured')
  for (const figure of ['2.5', '1.25', '0']) t.match(svg, `>${figure}</text>`)
  t.match(svg, 'stroke="black"')
  t.equal(await drawChart(CHART), svg, 'always the same')
  t.match(await drawChart({ ...CHART, scale: 'log' }), 'logarithmic')
  t.match(await drawChart({ ...CHART, bars: [] }), /^<svg/)
})

t.test('the page begins with what is lost, and says what broke down or is absent', async (t) => {
  const report = reporting(t)
  report.show({
    title: 'A table',
    note: 'Some figures.',
    rows: [
      ['server', 'GB/s'],
      ['a|b', '1.25'],
    ],
    goals: [
      { what: 'throughput', value: 0.5, atLeast: 0.9 },
      { what: 'CPU', value: 1, atMost: 1.2 },
    ],
    charts: [CHART],
  })
  const { sections } = report
  const benches = ['crc', 'fetch', 'start']
  const page = resultsPage(benches, [
    result('crc', { failure: 'out of memory' }),
    result('fetch', { sections, missings: [{ what: 'kfake', why: 'no go' }] }),
  ])
  const [head = ''] = page.split('\n## ')
  t.match(head, '**1 of 2 goals are met.** Lost:\n\n- [fetch](#fetch): throughput: 0.5, at least 0.9\n')
  t.match(head, '`crc` broke down: out of memory')
  t.match(head, '`start` has not run.')
  t.match(head, '| Date | 2026-01-02 |\n| Machine | a machine |\n| Node | v20 |')
  t.match(
    page,
    '## fetch\n\nTook 1 min 05 s.\n\nNot measured:\n\n- kfake: no go\n\n### A table\n\nSome figures.',
  )
  t.match(page, '| server | GB/s |\n| --- | ---: |\n| a\\|b | 1.25 |')
  t.match(page, '| throughput | 0.5 | at least 0.9 | **LOST** |\n| CPU | 1 | at most 1.2 | met |')
  t.match(page, '![A <chart>](charts/fetch-1.svg)')

  const elsewhere = resultsPage(benches, [result('crc'), result('fetch', { machine: 'another machine' })])
  t.match(elsewhere, /## crc\n\n.*a machine.*## fetch\n\n.*another machine/s)
})

t.test('progress is for terminals', async (t) => {
  const [piped, shown] = [terminal(false), terminal(true)]
  for (const stream of [piped, shown]) {
    const progress = new Progress('fetch (3 of 11)', stream)
    progress.step('kfake')
    progress.end()
  }
  t.equal((piped as unknown as PassThrough).read(), null)
  t.equal(String((shown as unknown as PassThrough).read()), '\r\x1b[Kfetch (3 of 11): kfake ... 0 s\r\x1b[K')
  t.same([0, 59_999, 65_000].map(elapsed), ['0 s', '59 s', '1 min 05 s'])
})

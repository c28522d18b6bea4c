import { cachedFigures, listenerFigures, populationFigures } from './authorize/cached.ts'
import { changeFigures } from './authorize/changes.ts'
import { CELLS, decisionFigures, GRID } from './authorize/decisions.ts'
import { barsOf, type Figure, goalsOf, HEAD, row } from './authorize/figures.ts'
import { memoryFigures } from './authorize/memory.ts'
import { produceFigures } from './authorize/produce-share.ts'
import { buildStandardAuthorizer } from './authorize/standard-authorizer.ts'
import type { Report } from './harness/report.ts'

/** Above every table. */
const NOTE = 'Minima. In brackets: what four in five rounds lie between, where both had their go in each.'

/**
 * May this session do that? Asked in every way, beside what it could cost at least and what others take. `BENCH_FULL=1` takes
 * the whole grid of Kafka's AuthorizerBenchmark and JMH's own pace, which takes hours.
 */
export async function bench(report: Report): Promise<void> {
  const isFull = process.env.BENCH_FULL === '1'
  const standard = buildStandardAuthorizer(report)
  await show(report, 'Answers that are remembered', cachedFigures)
  await show(report, 'The same, whatever else there is', populationFigures)
  await show(report, 'The same, whoever listens', listenerFigures)
  await show(report, 'Changes', changeFigures)
  await show(report, 'From socket to socket', produceFigures)
  await show(report, 'Memory', () => memoryFigures(standard))
  const decisions = () => decisionFigures(report, isFull ? GRID : CELLS, standard, isFull)
  await show(report, 'Decisions', decisions)
}

async function show(report: Report, title: string, measure: () => Figure[] | Promise<Figure[]>) {
  report.step(title)
  const figures = await measure()
  const unit = figures.some(({ unit }) => unit === 'bytes') ? 'bytes' : 'nanoseconds'
  const bars = figures.flatMap(barsOf)
  report.show({
    title,
    note: NOTE,
    rows: [HEAD, ...figures.map(row)],
    goals: figures.flatMap(goalsOf),
    charts: bars.length === 0 ? [] : [{ title, unit, better: 'less', scale: 'log', bars }],
  })
}

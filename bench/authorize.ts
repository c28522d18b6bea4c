import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cachedFigures, populationFigures } from './authorize/cached.ts'
import { changeFigures } from './authorize/changes.ts'
import { CELLS, decisionFigures, GRID } from './authorize/decisions.ts'
import { type Figure, HEAD, isLost, ratioOf, row } from './authorize/figures.ts'
import { memoryFigures } from './authorize/memory.ts'
import { produceFigures } from './authorize/produce-share.ts'
import { buildStandardAuthorizer } from './authorize/standard-authorizer.ts'
import { machine, table } from './harness.ts'

/**
 * May this session do that? Asked in every way, beside what it could cost at least and what others take. Figures are minima:
 * what else runs on the machine only adds. `BENCH_FULL=1` takes the whole grid of Kafka's AuthorizerBenchmark and JMH's own
 * pace, which takes hours.
 */
export async function bench(): Promise<string[]> {
  const isFull = process.env.BENCH_FULL === '1'
  const figures: Figure[] = []
  const show = (title: string, some: Figure[]) => {
    console.log(`\n${title}\n${table([HEAD, ...some.map(row)])}`)
    figures.push(...some)
  }
  show('answers that are remembered', await cachedFigures())
  show('the same, whatever else there is', await populationFigures())
  show('changes', await changeFigures())
  show('from socket to socket', await produceFigures())
  const standard = buildStandardAuthorizer()
  show('memory', memoryFigures(standard))
  show('decisions', await decisionFigures(isFull ? GRID : CELLS, standard, isFull))

  const file = join(tmpdir(), 'josephk-bench-authorize.json')
  const results = figures.map((figure) => ({ ...figure, ratio: ratioOf(figure), isLost: isLost(figure) }))
  writeFileSync(file, `${JSON.stringify({ machine: machine(), figures: results }, null, 2)}\n`)
  console.log(`\nas JSON: ${file}`)
  return figures.filter(isLost).map((figure) => `authorize: ${row(figure).filter(Boolean).join(', ')}`)
}

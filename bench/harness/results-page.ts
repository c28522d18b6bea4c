import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../../test/helpers/real-kafka/classpath.ts'
import { drawChart } from './chart-drawing.ts'
import { type KeptResult, keptResult } from './kept-results.ts'
import { elapsed } from './progress.ts'
import { type Chart, goalText, type KeptSection, type Missing } from './report.ts'

const FOLDER = join(repositoryRoot(), 'bench')
const CHARTS = 'charts'

/** Writes RESULTS.md and its charts from what is kept of these benches. @returns the page's file */
export async function writeResults(benches: readonly string[]): Promise<string> {
  const results = benches.map(keptResult).filter((result) => result !== undefined)
  const charts = join(FOLDER, CHARTS)
  mkdirSync(charts, { recursive: true })
  for (const file of readdirSync(charts).filter((name) => name.endsWith('.svg'))) rmSync(join(charts, file))
  for (const { bench, sections } of results) {
    for (const [i, chart] of chartsOf(sections).entries()) {
      writeFileSync(join(charts, chartName(bench, i)), await drawChart(chart))
    }
  }
  const page = join(FOLDER, 'RESULTS.md')
  writeFileSync(page, resultsPage(benches, results))
  return page
}

/** The text of RESULTS.md: first what ran on what, and what is lost; then a chapter for each bench. */
export function resultsPage(benches: readonly string[], results: readonly KeptResult[]): string {
  const settings = new Set(results.map(settingOf))
  const [shared] = settings.size === 1 ? settings : []
  const absent = benches.filter((bench) => !results.some((result) => result.bench === bench))
  return [
    '# What the benches say',
    'Written by `npm run bench all` (`npm run bench results` writes it again from what the last runs left). Losses count like everything else.',
    ...(shared === undefined ? [] : [shared]),
    summary(results),
    ...absent.map((bench) => `\`${bench}\` has not run.`),
    ...results.flatMap((result) => chapter(result, shared === undefined)),
  ]
    .join('\n\n')
    .concat('\n')
}

function settingOf({ machine, versions, begun }: KeptResult): string {
  const rows = Object.entries(versions).map(([name, version]) => [name, version])
  return markdown([['', ''], ['Date', begun.slice(0, 10)], ['Machine', machine], ...rows])
}

function summary(results: readonly KeptResult[]): string {
  const goals = results.flatMap(({ bench, sections }) =>
    sections.flatMap((section) => section.goals.map((goal) => ({ bench, goal }))),
  )
  const lost = goals.filter(({ goal }) => goal.isLost)
  const failed = results.filter(({ failure }) => failure !== undefined)
  return [
    `**${goals.length - lost.length} of ${goals.length} goals are met.**${lost.length === 0 ? '' : ' Lost:'}`,
    ...(lost.length === 0 ? [] : ['']),
    ...lost.map(({ bench, goal }) => `- [${bench}](#${bench}): ${goalText(goal)}`),
    ...failed.map(({ bench, failure }) => `\n\`${bench}\` broke down: ${failure}`),
  ].join('\n')
}

function chapter(result: KeptResult, withSetting: boolean): string[] {
  const { bench, seconds, sections, missings, failure } = result
  let chart = 0
  return [
    `## ${bench}`,
    ...(withSetting ? [settingOf(result)] : []),
    `Took ${elapsed(seconds * 1000)}.${failure === undefined ? '' : ` **Broke down: ${failure}**`}`,
    ...(missings.length === 0 ? [] : [absences(missings)]),
    ...sections.flatMap(({ title, note, rows, goals, charts = [] }) => [
      `### ${title}`,
      ...(note === undefined ? [] : [note]),
      markdown(rows),
      ...(goals.length === 0
        ? []
        : [
            markdown([
              ['goal', 'measured', 'to be', ''],
              ...goals.map(({ what, measured, limit, isLost }) => [
                what,
                measured,
                limit,
                isLost ? '**LOST**' : 'met',
              ]),
            ]),
          ]),
      ...charts.map(({ title }) => `![${title}](${CHARTS}/${chartName(bench, chart++)})`),
    ]),
  ]
}

function absences(missings: readonly Missing[]): string {
  return `Not measured:\n\n${missings.map(({ what, why }) => `- ${what}: ${why}`).join('\n')}`
}

function chartsOf(sections: readonly KeptSection[]): readonly Chart[] {
  return sections.flatMap(({ charts = [] }) => charts)
}

function chartName(bench: string, index: number): string {
  return `${bench}-${index + 1}.svg`
}

function markdown(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'))
  return [line(head), line(rule), ...rest.map(line)].join('\n')
}

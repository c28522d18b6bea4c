// One bench in a process of its own, told `NAME TITLE`: keeps what it says as it says it.
import { join } from 'node:path'
import { machine } from '../harness.ts'
import { keepResult } from './kept-results.ts'
import { Progress } from './progress.ts'
import { Report } from './report.ts'
import { versions } from './versions.ts'

/** What each file beside `index.ts` exports. */
interface Bench {
  bench(report: Report): Promise<void>
}

const [name, title] = process.argv.slice(2) as [string, string]
// What is killed leaves nothing running: servers end with the process, but not with a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const begun = new Date()
const known = { bench: name, machine: machine(), versions: versions(), begun: begun.toISOString() }
const progress = new Progress(title)
const keep = (failure?: string) => {
  const seconds = Math.round((Date.now() - begun.getTime()) / 1000)
  const { sections, missings } = report
  keepResult({ ...known, seconds, sections, missings, ...(failure === undefined ? {} : { failure }) })
}
const unfinished = () => keep('it did not come to its end')
const report = new Report(progress, unfinished)

unfinished()
progress.step('starting')
try {
  const { bench } = (await import(join(import.meta.dirname, '..', `${name}.js`))) as Bench
  await bench(report)
  progress.end()
  keep()
} catch (error) {
  progress.end()
  console.error(error)
  keep((error as Error).message)
  process.exitCode = 1
}
process.exit()

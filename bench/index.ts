import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { forgetResult, keptResult, resultFile } from './harness/kept-results.ts'
import { goalText } from './harness/report.ts'
import { writeResults } from './harness/results-page.ts'
import { machine } from './harness.ts'

/**
 * `npm run bench NAME...` runs the benches of these names; `npm run bench all` all of them, and then writes RESULTS.md and its
 * charts; `npm run bench results` writes them from what was kept of earlier runs. Each bench is a file here that exports
 * `bench(report)`. It has a process of its own, so that none suffers from the one before, and what breaks down takes no others along.
 */
const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.js') && file !== 'index.js' && file !== 'harness.js')
  .map((file) => file.slice(0, -'.js'.length))
  .sort()

/** A bench that hangs is not waited for any longer; those that are told to take hours may. */
const LONGEST_MS = process.env.BENCH_FULL === '1' ? 0 : 15 * 60_000

/** @returns whether it came to its end */
async function run(name: string, place: string): Promise<boolean> {
  forgetResult(name)
  console.log(`\n== ${name}`)
  const script = join(import.meta.dirname, 'harness', 'child.js')
  const child = spawn(process.execPath, [script, name, `${name}${place}`], {
    stdio: 'inherit',
    timeout: LONGEST_MS,
  })
  const stop = () => child.kill()
  process.once('exit', stop)
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.once('exit', (...how) => resolve(how))
  })
  process.off('exit', stop)
  if (code !== 0) console.log(`FAILED  ${name} ended with ${signal ?? `status ${code}`}`)
  return code === 0
}

const names = process.argv.slice(2)
const isAll = names.length === 1 && names[0] === 'all'
const isResults = names.length === 1 && names[0] === 'results'
const isUnderstood = isAll || isResults || (names.length > 0 && names.every((name) => known.includes(name)))
if (!isUnderstood) {
  console.error(`usage: npm run bench NAME... | all | results; there are: ${known.join(', ')}`)
  process.exit(2)
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
const wanted = isAll ? known : isResults ? [] : names
let failures = 0
if (wanted.length > 0) console.log(machine())
for (const [i, name] of wanted.entries()) {
  const place = wanted.length === 1 ? '' : ` (${i + 1} of ${wanted.length})`
  if (!(await run(name, place))) failures++
}
console.log()
for (const name of wanted) {
  const goals = keptResult(name)?.sections.flatMap((section) => section.goals) ?? []
  for (const goal of goals.filter(({ isLost }) => isLost)) console.log(`LOST  ${name}: ${goalText(goal)}`)
  console.log(
    `${name}: ${goals.filter(({ isLost }) => !isLost).length} of ${goals.length} goals met; ${resultFile(name)}`,
  )
}
if (isAll || isResults) console.log(`written: ${await writeResults(known)}`)
process.exitCode = failures === 0 ? 0 : 1

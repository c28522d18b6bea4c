import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { realKafkaMissing } from '../helpers/real-kafka/classpath.ts'

/**
 * Runs every suite that asks a real Kafka what is right: the folders here that have a `main`. Names given on the
 * command line choose among them. One that lacks something here (Java and Maven, for most) is skipped with the reason,
 * except in CI, where that is a failure.
 *
 * One that fails is run once more, all of it, and the second run counts: a few of Kafka's own answers are a race between
 * what it says and what it has committed. The first run's differences are printed none the less, and the suite is named
 * at the end.
 */
interface Suite {
  /** Why it cannot run here; that there is no Java or Maven, where not said. */
  missing?(): string | undefined
  run(): Promise<{ passed: number; failed: number; details: string[] }>
}

function suiteNames(chosen: readonly string[]): string[] {
  const all = readdirSync(import.meta.dirname)
    .filter((name) => existsSync(join(import.meta.dirname, name, 'main.js')))
    .sort()
  const unknown = chosen.filter((name) => !all.includes(name))
  if (unknown.length > 0) throw new Error(`no suite ${unknown.join(', ')}; there are ${all.join(', ')}`)
  return chosen.length > 0 ? [...chosen] : all
}

interface Outcome {
  readonly passed: number
  readonly failed: number
  /** It could not run at all, so that there is no use in trying again. */
  readonly isMissing?: boolean
}

async function runSuite(name: string): Promise<Outcome> {
  const started = performance.now()
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`
  try {
    const { run, missing = realKafkaMissing } = (await import(
      join(import.meta.dirname, name, 'main.js')
    )) as Suite
    const reason = missing()
    if (reason !== undefined) {
      const isCI = process.env.CI === 'true'
      console.log(`${name}: ${isCI ? 'cannot run' : 'skipped'}, ${reason}`)
      return { passed: 0, failed: isCI ? 1 : 0, isMissing: true }
    }
    const { passed, failed, details } = await run()
    console.log(`${name}: ${passed} passed, ${failed} failed, ${seconds()}`)
    for (const line of details) console.log(`  ${line}`)
    return { passed, failed }
  } catch (error) {
    console.log(`${name}: broke off after ${seconds()}`)
    console.log(error)
    return { passed: 0, failed: 1 }
  }
}

let passed = 0
let failed = 0
const again: string[] = []
for (const name of suiteNames(process.argv.slice(2))) {
  let outcome = await runSuite(name)
  if (outcome.failed > 0 && !outcome.isMissing) {
    console.log(`${name}: once more`)
    again.push(name)
    outcome = await runSuite(name)
  }
  passed += outcome.passed
  failed += outcome.failed
}
if (again.length > 0) console.log(`run twice: ${again.join(', ')}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

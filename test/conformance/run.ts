import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { realKafkaMissing } from '../helpers/real-kafka/classpath.ts'

/**
 * Runs every suite that asks a real Kafka what is right: the folders here that have a `main`. Names given on the
 * command line choose among them. Without Java and Maven there is nothing to ask: then they are skipped, except in CI,
 * where that is a failure.
 */
interface Suite {
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

async function runSuite(name: string): Promise<{ passed: number; failed: number }> {
  const started = performance.now()
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`
  try {
    const { run } = (await import(join(import.meta.dirname, name, 'main.js'))) as Suite
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
const names = suiteNames(process.argv.slice(2))
const missing = realKafkaMissing()
for (const name of names) {
  if (missing === undefined) {
    const outcome = await runSuite(name)
    passed += outcome.passed
    failed += outcome.failed
  } else if (process.env.CI === 'true') {
    console.log(`${name}: cannot run, ${missing}`)
    failed++
  } else {
    console.log(`${name}: skipped, ${missing}`)
  }
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

import { existsSync } from 'node:fs'
import { apis } from '../../../protocol/apis.ts'
import { tryAlterations } from './definitions/altered.ts'
import { compareWithKafka } from './definitions/compare.ts'
import { besideDefinitionsFolder, buildJava } from './java.ts'
import { javaToOurs } from './java-to-ours.ts'
import { oursToJava } from './ours-to-java.ts'
import { definitionSources, targets } from './plan.ts'

const INSTANCES = 50
const ALTERATIONS = 50

/** Everything declared, against Kafka's definitions and, in both directions, against the bytes of Kafka's classes. */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  buildJava()
  const details: string[] = []
  let passed = 0
  let failed = 0
  const note = (title: string, checked: number, failures: readonly string[]) => {
    passed += checked - failures.length
    failed += failures.length
    details.push(title, ...failures.slice(0, 20).map((line) => `  ${line.slice(0, 2000)}`))
    if (failures.length > 20) details.push(`  and ${failures.length - 20} more`)
  }

  if (!existsSync(besideDefinitionsFolder)) {
    details.push(`definitions in ${besideDefinitionsFolder}: skipped, there is no such folder`)
  }
  const sources = definitionSources()
  const { messages, versions, fields, differences } = compareWithKafka(sources)
  note(
    `definitions: ${apis.length} APIs, ${messages} messages, ${versions} versions, ${fields} fields compared, ${differences.length} differences`,
    versions + differences.length,
    differences,
  )

  const { tried, missed } = tryAlterations(sources, ALTERATIONS)
  note(`definitions altered on purpose: ${tried - missed.length} of ${tried} noticed`, tried, missed)

  const seed = Number(process.env.CONFORMANCE_SEED ?? Date.now() % 1_000_000)
  const planned = targets(sources)
  details.push(
    `seed ${seed} (CONFORMANCE_SEED), ${INSTANCES} values of each of ${planned.length} versions of messages`,
  )
  const read = await javaToOurs(planned, seed, INSTANCES)
  note(
    `Kafka writes, ours reads and writes again: ${read.instances} vectors, ${read.failures.length} differ`,
    read.instances,
    read.failures,
  )
  const written = oursToJava(planned, seed, INSTANCES)
  note(
    `ours writes, Kafka reads and writes again: ${written.instances} vectors, ${written.failures.length} differ`,
    written.instances,
    written.failures,
  )
  return { passed, failed, details }
}

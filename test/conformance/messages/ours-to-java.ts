import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { encoded } from '../../helpers/messages/check-vector.ts'
import { valuesOf } from '../../helpers/messages/values.ts'
import { exchangeFile, runJava } from './java.ts'
import type { Outcome } from './java-to-ours.ts'
import type { Target } from './plan.ts'

/** Ours writes `count` values of each target; Kafka reads each to its last byte and writes the same bytes again. */
export function oursToJava(targets: readonly Target[], seed: number, count: number): Outcome {
  const failures: string[] = []
  let instances = 0
  for (const jars of ['newest', 'old', 'connect'] as const) {
    const lines = targets
      .filter((target) => target.jars === jars)
      .flatMap(({ className, classVersion, message, version }) =>
        fc
          .sample(valuesOf(message, version), { seed, numRuns: count })
          .map(
            (value) => `${className} ${classVersion} ${encoded(message, version, value).toString('base64')}`,
          ),
      )
    instances += lines.length
    const file = exchangeFile(`${jars}-ours.txt`)
    writeFileSync(file, `${lines.join('\n')}\n`)
    failures.push(
      ...runJava(jars, 'check', file)
        .split('\n')
        .filter((line) => line !== ''),
    )
  }
  return { instances, failures }
}

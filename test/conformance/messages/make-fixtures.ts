import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { gzipSync } from 'node:zlib'
import { fixtureFile, fixtureLine } from '../../helpers/messages/fixtures.ts'
import { buildJava } from './java.ts'
import { writtenByJava } from './java-to-ours.ts'
import { definitionSources, targets } from './plan.ts'

/**
 * Writes `fixtures/messages/vectors.txt.gz`, from which `npm test` checks the codecs without Java:
 * `node dist/test/conformance/messages/make-fixtures.js`. The same seed makes the same file.
 */
const SEED = 20
const MADE = 20
const KEPT = 10
/** What is longer proves little more, and random bytes do not compress. */
const LONGEST_LINE = 1000

buildJava()
const planned = targets(definitionSources())
const lines: string[] = []
for (const jars of ['newest', 'old', 'connect'] as const) {
  const kept = new Map<string, number>()
  const own = planned.filter((target) => target.jars === jars)
  for await (const { target, bytes, json } of writtenByJava(jars, own, SEED, MADE)) {
    const { message, version } = target
    const line = fixtureLine({ message, version, bytes, json })
    const count = kept.get(`${message.name} ${version}`) ?? 0
    if (count === KEPT || (line.length > LONGEST_LINE && count > 0)) continue
    kept.set(`${message.name} ${version}`, count + 1)
    lines.push(line)
  }
}
const packed = gzipSync(`${lines.join('\n')}\n`, { level: 9 })
mkdirSync(dirname(fixtureFile), { recursive: true })
writeFileSync(fixtureFile, packed)
console.log(`${lines.length} vectors, ${packed.length} bytes, in ${fixtureFile}`)

import { createReadStream, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { checkVector } from '../../helpers/messages/check-vector.ts'
import { exchangeFile, runJava } from './java.ts'
import type { JarSet, Target } from './plan.ts'

export interface Outcome {
  readonly instances: number
  readonly failures: readonly string[]
}

/** Kafka fills and writes `count` values of each target; ours reads each, finds the same value, writes the same bytes. */
export async function javaToOurs(targets: readonly Target[], seed: number, count: number): Promise<Outcome> {
  const failures: string[] = []
  let instances = 0
  for (const jars of ['newest', 'old', 'connect'] as const) {
    const own = targets.filter((target) => target.jars === jars)
    for await (const vector of writtenByJava(jars, own, seed, count)) {
      instances++
      const wrong = checkVector(vector.target.message, vector.target.version, vector.bytes, vector.json)
      if (wrong) failures.push(`${vector.target.message.name} v${vector.target.version}: ${wrong}`)
    }
  }
  return { instances, failures }
}

export interface Vector {
  readonly target: Target
  readonly bytes: Buffer
  /** The text of the JSON rendering. */
  readonly json: string
}

export async function* writtenByJava(
  jars: JarSet,
  targets: readonly Target[],
  seed: number,
  count: number,
): AsyncGenerator<Vector> {
  const byClass = new Map(targets.map((target) => [`${target.className} ${target.classVersion}`, target]))
  const plan = exchangeFile(`${jars}-plan.txt`)
  const written = exchangeFile(`${jars}-written.txt`)
  writeFileSync(plan, `${[...byClass.keys()].join('\n')}\n`)
  runJava(jars, 'write', plan, written, String(seed), String(count))
  for await (const line of createInterface({
    input: createReadStream(written),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    const [className, version, base64] = line.split(' ', 3) as [string, string, string]
    const target = byClass.get(`${className} ${version}`) as Target
    const json = line.slice(className.length + version.length + base64.length + 3)
    yield { target, bytes: Buffer.from(base64, 'base64'), json }
  }
}

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

/** The folder that holds package.json: compiled tests run from an output directory, where the pom does not lie. */
export function repositoryRoot(): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error(`no package.json above ${import.meta.dirname}`)
    folder = parent
  }
  return folder
}

const NEWEST = join('test', 'helpers', 'real-kafka', 'pom.xml')

/**
 * The class path of the Kafka broker, its clients and StorageTool, resolved by Maven from the pom beside this file or another.
 * Maven takes seconds, so the answer is kept in the system's temporary directory until the pom changes.
 */
export function realKafkaClasspath(pomFile = NEWEST): string {
  const pom = join(repositoryRoot(), pomFile)
  const digest = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 16)
  const kept = join(tmpdir(), `josephk-real-kafka-${digest}.classpath`)
  if (existsSync(kept)) {
    const classpath = readFileSync(kept, 'utf8').trim()
    if (classpath !== '' && classpath.split(delimiter).every((jar) => existsSync(jar))) return classpath
  }
  const fresh = `${kept}.${process.pid}`
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath'
  execFileSync('mvn', ['-q', '-B', '-f', pom, goal, `-Dmdep.outputFile=${fresh}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  renameSync(fresh, kept)
  return readFileSync(kept, 'utf8').trim()
}

/** Why a real Kafka cannot run here (`java` or `mvn` is missing), or undefined when it can. */
export function realKafkaMissing(): string | undefined {
  for (const [program, argument] of [
    ['java', '-version'],
    ['mvn', '-version'],
  ] as const) {
    try {
      execFileSync(program, [argument], { stdio: 'ignore' })
    } catch {
      return `${program} does not run on this machine`
    }
  }
  return undefined
}

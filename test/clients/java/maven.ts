import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { mustRun } from '../process.ts'

const GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath'

/** Fetches what the pom names and answers the class path of it; kept below `folder` until the pom changes. */
export async function resolveClasspath(pom: string, folder: string): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 16)
  const kept = join(folder, `${digest}.classpath`)
  if (existsSync(kept)) {
    const classpath = readFileSync(kept, 'utf8')
    if (classpath.split(delimiter).every((jar) => existsSync(jar))) return classpath
  }
  mkdirSync(folder, { recursive: true })
  const fresh = `${kept}.fresh`
  await mustRun('mvn', ['-q', '-B', '-f', pom, GOAL, `-Dmdep.outputFile=${fresh}`])
  const classpath = readFileSync(fresh, 'utf8').trim()
  writeFileSync(kept, classpath)
  return classpath
}

/** The java command with flags for programs that live shortly, and those of its own (`-D...`). */
export function javaCommand(classpath: string, main: string, ...flags: string[]): string[] {
  return ['java', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx512m', ...flags, '-cp', classpath, main]
}

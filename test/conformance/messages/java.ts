import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { repositoryRoot } from '../../helpers/real-kafka/classpath.ts'
import type { JarSet } from './plan.ts'

const folder = join(repositoryRoot(), 'test', 'conformance', 'messages')
const target = join(folder, 'target')
const stamp = join(target, 'complete')

/** Fetches Kafka's jars and definitions and compiles our Java, unless that was done since their sources changed. */
export function buildJava(): void {
  const sources = readdirSync(join(folder, 'java', 'josephk', 'vectors')).map((file) =>
    join(folder, 'java', 'josephk', 'vectors', file),
  )
  const changed = Math.max(...[...sources, join(folder, 'pom.xml')].map((file) => statSync(file).mtimeMs))
  if (existsSync(stamp) && statSync(stamp).mtimeMs > changed) return
  execFileSync('mvn', ['-q', '-B', '-f', join(folder, 'pom.xml'), 'compile'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  writeFileSync(stamp, '')
}

/** Where the definitions of the newest release lie once `buildJava` is done. */
export const newestDefinitionsFolder = join(target, 'definitions', 'common', 'message')

/** The definitions of the releases that the jar set `old` is of. */
export const oldDefinitionsFolder = join(target, 'old-definitions', 'common', 'message')

/** Definitions from just before old versions were dropped; kept beside the repository, not in it. */
export const besideDefinitionsFolder = join(repositoryRoot(), '..', 'shared', 'kafka-messages')

/** A file that the Java program and this side exchange. */
export function exchangeFile(name: string): string {
  const exchange = join(target, 'exchange')
  mkdirSync(exchange, { recursive: true })
  return join(exchange, name)
}

/** Runs the Java program on one set of jars; yields what it printed. */
export function runJava(jars: JarSet, ...parameters: string[]): string {
  const classpath = [join(target, 'classes'), join(target, jars, '*'), join(target, 'libraries', '*')]
  const options = ['-cp', classpath.join(delimiter), 'josephk.vectors.Main', ...parameters]
  return execFileSync('java', options, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

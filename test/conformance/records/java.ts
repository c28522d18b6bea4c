import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The sources, which the compiler of TypeScript does not copy into its output directory. */
const sources = fileURLToPath(new URL('../../../../test/conformance/records/', import.meta.url))

const CLASSPATH_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath'

/** One of the Java programs beside this file, compiled; each call of `run` starts a JVM. */
export class JavaProgram {
  readonly #name: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'josephk-conformance-'))
  readonly #classpath: string

  constructor(source: string, pom: string) {
    this.#name = source.replace(/^.*\/|\.java$/g, '')
    const file = join(this.#folder, 'classpath')
    execFileSync('mvn', ['-q', '-B', '-f', join(sources, pom), CLASSPATH_GOAL, `-Dmdep.outputFile=${file}`])
    this.#classpath = [this.#folder, readFileSync(file, 'utf8').trim()].join(delimiter)
    execFileSync('javac', ['-d', this.#folder, '-cp', this.#classpath, join(sources, source)])
  }

  /** The lines that the program prints, each a JSON value. */
  run(commands: string[], input: string[] = []): unknown[] {
    const output = execFileSync('java', ['-cp', this.#classpath, this.#name, ...commands], {
      input: input.map((line) => `${line}\n`).join(''),
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    return output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../../test/helpers/real-kafka/classpath.ts'
import type { KeptSection, Missing } from './report.ts'

/** What one run of one bench leaves behind. */
export interface KeptResult {
  readonly bench: string
  readonly machine: string
  /** Of everything that was measured or measured with, by name. */
  readonly versions: Readonly<Record<string, string>>
  /** ISO 8601, UTC. */
  readonly begun: string
  readonly seconds: number
  readonly sections: readonly KeptSection[]
  readonly missings: readonly Missing[]
  /** Why there is not more of it. */
  readonly failure?: string
}

/** Benches keep their results here until they run again; git does not. */
const FOLDER = join(repositoryRoot(), 'bench', 'results')

export function resultFile(bench: string): string {
  return join(FOLDER, `${bench}.json`)
}

export function keepResult(result: KeptResult): void {
  mkdirSync(FOLDER, { recursive: true })
  const file = resultFile(result.bench)
  writeFileSync(`${file}.new`, `${JSON.stringify(result, null, 2)}\n`)
  renameSync(`${file}.new`, file)
}

/** undefined where the bench has not run. */
export function keptResult(bench: string): KeptResult | undefined {
  try {
    return JSON.parse(readFileSync(resultFile(bench), 'utf8')) as KeptResult
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export function forgetResult(bench: string): void {
  rmSync(resultFile(bench), { force: true })
}

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Figure } from './figures.ts'
import type { StandardAuthorizerRuns } from './standard-authorizer.ts'

/** A million rules, ten for each resource. */
const CELL = { resources: 100_000, acls: 10, denyPercentage: 0 }

export function memoryFigures(standard: StandardAuthorizerRuns | undefined): Figure[] {
  const child = join(import.meta.dirname, 'memory-child.js')
  const parameters = ['--expose-gc', child, String(CELL.resources), String(CELL.acls)]
  const value = Number(execFileSync(process.execPath, parameters, { encoding: 'utf8' }))
  const theirs = standard?.memory(CELL)
  const beside =
    theirs === undefined ? {} : { beside: { what: 'StandardAuthorizer', value: theirs }, atMost: 1 }
  return [{ what: 'memory of 1,000,000 ACLs', value, unit: 'bytes', ...beside }]
}

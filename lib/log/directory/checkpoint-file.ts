import { readFileSync } from 'node:fs'
import { writeAtomically } from './atomic-write.ts'

const VERSION = '0'

/**
 * Reads one of Kafka's checkpoint files: a version, the number of entries, and a line of fields for each
 * (CheckpointFile). Empty where there is no file.
 *
 * @throws Error naming the file when it is something else
 */
export function readCheckpoint(path: string): string[][] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  // Kafka makes the file before it has anything to write.
  if (text === '') return []
  const [version, count, ...lines] = text.split('\n')
  const entries = lines.filter((line) => line !== '').map((line) => line.split(' '))
  if (version !== VERSION || Number(count) !== entries.length) {
    throw new Error(`${path} is no checkpoint file of version ${VERSION} with ${count} entries`)
  }
  return entries
}

/** @param durable see `writeAtomically` */
export function writeCheckpoint(
  path: string,
  entries: readonly (readonly (string | number)[])[],
  durable: boolean,
): void {
  const lines = [VERSION, entries.length, ...entries.map((fields) => fields.join(' ')), '']
  writeAtomically(path, lines.join('\n'), durable)
}

import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'

/**
 * Replaces a file in one step: whoever looks, even after this process was killed, sees all of the old or all of the new.
 *
 * @param durable that holds for a crash of the whole machine too; it waits for the medium
 */
export function writeAtomically(path: string, content: string | Uint8Array, durable: boolean): void {
  const temporary = `${path}.tmp`
  const fd = openSync(temporary, 'w')
  try {
    writeFileSync(fd, content)
    if (durable) fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(temporary, path)
}

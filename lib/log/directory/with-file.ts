import { closeSync, openSync } from 'node:fs'

/** Opens the file, which must exist, for as long as `use` takes. */
export function withFile<T>(path: string, use: (fd: number) => T): T {
  const fd = openSync(path, 'r+')
  try {
    return use(fd)
  } finally {
    closeSync(fd)
  }
}

import { closeSync, openSync } from 'node:fs'

/** A process may have 1,024 files open on many systems, and connections need theirs. */
const MOST_OPEN = 256

/** A file that is open while it is used and may be closed behind its back. */
export interface OpenedFile {
  readonly path: string
  fd: number | undefined
}

/** Keeps the files that were used last open. */
export class OpenFiles {
  readonly #open = new Set<OpenedFile>()
  readonly #most: number

  constructor(most = MOST_OPEN) {
    this.#most = most
  }

  /** The descriptor of the file, which must exist; to be used at once. */
  use(file: OpenedFile): number {
    if (file.fd !== undefined) {
      // The set's order is that of use.
      this.#open.delete(file)
      this.#open.add(file)
      return file.fd
    }
    for (const oldest of this.#open) {
      if (this.#open.size < this.#most) break
      this.close(oldest)
    }
    file.fd = openSync(file.path, 'r+')
    this.#open.add(file)
    return file.fd
  }

  close(file: OpenedFile): void {
    if (file.fd === undefined) return
    closeSync(file.fd)
    file.fd = undefined
    this.#open.delete(file)
  }

  closeAll(): void {
    for (const file of [...this.#open]) this.close(file)
  }
}

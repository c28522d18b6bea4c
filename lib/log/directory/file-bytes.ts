import { closeSync, ftruncateSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import type { Loans, ReadBuffers } from '../../memory/read-buffers.ts'
import type { Place, SegmentBytes } from '../segment-bytes.ts'
import type { HeaderWindow } from './header-window.ts'
import type { OpenedFile, OpenFiles } from './open-files.ts'

/** What the segments of all logs of a directory share. */
export interface FileAccess {
  readonly files: OpenFiles
  readonly window: HeaderWindow
  readonly buffers: ReadBuffers
}

/**
 * A segment in a file, `<base offset>.log`. What is appended is with the operating system when `append` returns, so it
 * outlives this process however that ends; reads come from its page cache, those for clients into buffers that are used
 * again.
 *
 * Kafka has the kernel send (`sendfile`), which Node does not offer. Called through an FFI on the socket's descriptor it
 * took 0.59-0.65 CPU seconds a GB, reading into these buffers 0.51-0.57, into fresh memory 0.61 (what lies in memory
 * already: 0.31). It could not be told when a full socket has room again, either, and would write past libuv's queue.
 */
export class FileBytes implements SegmentBytes, OpenedFile {
  readonly start = 0
  path: string
  fd: number | undefined
  #size: number
  readonly #access: FileAccess

  /** @param size of the file, which must exist */
  constructor(path: string, size: number, access: FileAccess) {
    this.path = path
    this.#size = size
    this.#access = access
  }

  /** An empty one; what may be there by that name is lost. */
  static create(path: string, access: FileAccess): FileBytes {
    closeSync(openSync(path, 'w'))
    return new FileBytes(path, 0, access)
  }

  get size(): number {
    return this.#size
  }

  append(batch: Buffer): void {
    const fd = this.#access.files.use(this)
    try {
      for (let written = 0; written < batch.length; ) {
        written += writeSync(fd, batch, written, batch.length - written, this.#size + written)
      }
    } catch (error) {
      this.truncate(this.#size)
      throw error
    }
    this.#size += batch.length
  }

  locate(position: number, place: Place): void {
    const { files, window } = this.#access
    place.buffer = window.buffer
    place.offset = window.offsetOf(this, files.use(this), position, this.#size)
  }

  slice(from: number, to: number, views: Buffer[]): void {
    const buffer = Buffer.allocUnsafeSlow(to - from)
    this.#read(buffer, from)
    views.push(buffer)
  }

  lend(from: number, least: number, to: number, views: Buffer[], loans: Loans): number {
    let position = from
    while (position < to) {
      let buffer = loans.borrow(this.#access.buffers, to - position)
      if (buffer === undefined) {
        if (position >= least) break
        buffer = Buffer.allocUnsafeSlow(least - position)
      }
      this.#read(buffer, position)
      views.push(buffer)
      position += buffer.length
    }
    return position
  }

  #read(buffer: Buffer, position: number): void {
    const fd = this.#access.files.use(this)
    for (let read = 0; read < buffer.length; ) {
      const bytes = readSync(fd, buffer, read, buffer.length - read, position + read)
      if (bytes === 0) {
        throw new Error(`${this.path} ends before byte ${position + buffer.length}: somebody else has cut it`)
      }
      read += bytes
    }
  }

  /** A file gives no space back before it goes as a whole. */
  dropBefore(): void {}

  /** Cuts off what lies behind `size`. */
  truncate(size: number): void {
    this.#access.window.forget(this)
    ftruncateSync(this.#access.files.use(this), size)
    this.#size = size
  }

  rename(path: string): void {
    renameSync(this.path, path)
    this.path = path
  }

  close(): void {
    this.#access.window.forget(this)
    this.#access.files.close(this)
  }

  delete(): void {
    this.close()
    rmSync(this.path, { force: true })
  }
}

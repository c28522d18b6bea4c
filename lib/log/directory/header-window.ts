import { readSync } from 'node:fs'
import { BATCH_HEADER_BYTES } from '../../../protocol/records/batch.ts'
import type { OpenedFile } from './open-files.ts'

/** About what the index leaves to be walked over. */
const LOOK_UP_BYTES = 8 * 1024
/** When the walk goes on from window to window. */
const SCAN_BYTES = 128 * 1024

/** One window on one file at a time, for all that read headers of batches: what was seen last is not read again. */
export class HeaderWindow {
  readonly buffer = Buffer.allocUnsafeSlow(SCAN_BYTES)
  #file: OpenedFile | undefined
  #start = 0
  #end = 0

  /**
   * Where in `buffer` the header of the batch at `position` begins; it is there until somebody asks for another one.
   *
   * @param fd of `file`
   * @param size of `file`, as far as it is filled with batches
   */
  offsetOf(file: OpenedFile, fd: number, position: number, size: number): number {
    const last = Math.min(position + BATCH_HEADER_BYTES, size)
    if (file !== this.#file || position < this.#start || last > this.#end) {
      const goesOn = file === this.#file && position > this.#start && position <= this.#end + SCAN_BYTES
      const length = Math.min(goesOn ? SCAN_BYTES : LOOK_UP_BYTES, size - position)
      this.#file = file
      this.#start = position
      this.#end = position + readSync(fd, this.buffer, 0, length, position)
    }
    return position - this.#start
  }

  forget(file: OpenedFile): void {
    if (file === this.#file) this.#file = undefined
  }
}

/** Counts the frames that end in what arrives, and keeps nothing of it. */
export class FrameCounter {
  #left = 0
  #size = 0
  #sizeBytes = 0

  /** How many frames end in the first `length` bytes of the chunk. */
  take(chunk: Uint8Array, length: number): number {
    let frames = 0
    let at = 0
    while (at < length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, length - at)
        this.#left -= taken
        at += taken
        if (this.#left === 0) frames++
      } else {
        this.#size = (this.#size << 8) | (chunk[at++] as number)
        if (++this.#sizeBytes === 4) {
          this.#left = this.#size
          this.#size = 0
          this.#sizeBytes = 0
        }
      }
    }
    return frames
  }
}

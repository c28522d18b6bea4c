import { fetch } from '../../protocol/messages/fetch.ts'
import { shareFetch } from '../../protocol/messages/share-fetch.ts'
import { type FrameMemory, type Holder, releaseFrame } from '../memory/frame-memory.ts'

/** What a connection may hold of stored records, so that their memory is not used again too early. */
export class RecordHolder implements Holder {
  readonly #memory: FrameMemory | undefined
  readonly #isIdle: (mayWait: boolean) => boolean
  #mayWait = true
  #quietSince = 0

  /**
   * @param isIdle whether nothing is being answered or sent; told whether a request that waits may be overlooked
   */
  constructor(memory: FrameMemory | undefined, isIdle: (mayWait: boolean) => boolean) {
    this.#memory = memory
    this.#isIdle = isIdle
    memory?.add(this)
  }

  get quietSince(): number {
    return this.#isIdle(this.#mayWait) ? Number.POSITIVE_INFINITY : this.#quietSince
  }

  /** A request is taken up: one that is answered with records may hold views of them while it is under way. */
  serves(apiKey: number): void {
    this.#mayWait = apiKey !== fetch.key && apiKey !== shareFetch.key
  }

  /** A request that came in this frame has been handled. */
  handled(frame: Buffer | undefined): void {
    if (frame !== undefined) releaseFrame(frame)
  }

  /** What could be done has been done for now. */
  rest(): void {
    if (this.#memory !== undefined && this.#isIdle(this.#mayWait)) this.#quietSince = this.#memory.epoch
  }

  close(): void {
    this.#memory?.remove(this)
  }
}

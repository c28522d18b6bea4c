import { errorName } from '../../protocol/errors.ts'
import type { Clock } from '../lab/clock.ts'
import type { ApiError } from '../metadata/controller/api-error.ts'

/** Named one by one; more are only counted. */
const NAMED = 3

/** Why internal topics of streams groups could not be made, told for a while (`ExpiringErrorCache`). */
export class InternalTopicErrors {
  readonly #clock: Clock
  readonly #errors = new Map<string, { readonly message: string; readonly untilMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(topic: string, { errorCode, errorMessage }: ApiError, forMs: number): void {
    const message = errorMessage ?? errorName(errorCode)
    this.#errors.set(topic, { message, untilMs: this.#clock.now() + forMs })
  }

  /** What is to be told of these topics; undefined where nothing is known. */
  told(topics: readonly string[]): string | undefined {
    for (const [topic, { untilMs }] of this.#errors) {
      if (untilMs <= this.#clock.now()) this.#errors.delete(topic)
    }
    const known = topics.flatMap((topic) => {
      const error = this.#errors.get(topic)
      return error ? [`${topic} (${error.message})`] : []
    })
    if (known.length === 0) return undefined
    const more = known.length > NAMED ? ` and ${known.length - NAMED} more` : ''
    return `Creation failed: ${known.slice(0, NAMED).join(', ')}${more}.`
  }
}

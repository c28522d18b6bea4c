import type { RequestContext } from '../network/handler.ts'

/** Takes the response of a request, now or when there is one. */
export type Respond<R> = (response: R) => void

/**
 * The response that `start` gives, or a promise of it where it has to be waited for. A connection that goes away takes
 * only itself along: whoever waited stays a member until its session ends, as in Kafka.
 */
export function answer<R>(context: RequestContext, start: (respond: Respond<R>) => void): R | Promise<R> {
  let given: R | undefined
  let resolve: Respond<R> | undefined
  start((response) => {
    if (resolve) resolve(response)
    else given = response
  })
  if (given !== undefined) return given
  return new Promise<R>((settle) => {
    resolve = settle
    context.onClose(() => {
      resolve = forget
    })
  })
}

function forget(): void {}

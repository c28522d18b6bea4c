import type { Api, RequestOf, ResponseOf } from '../../protocol/schema.ts'
import type { Loans } from '../memory/read-buffers.ts'
import type { Usage } from '../quotas/usage.ts'
import type { AclOperation, ResourceType } from '../security/authorization/acl.ts'
import type { Need } from '../security/authorization/needs.ts'
import type { Session } from './session.ts'

/** What a handler knows of the request besides its body. */
export interface RequestContext {
  readonly session: Session
  readonly apiVersion: number
  readonly clientId: string | null
  readonly correlationId: number
  /** Bytes of the request's frame: what quotas and size limits count. */
  readonly frameSize: number
  /** Whether the session may do that to that resource, as things stand now. */
  authorize(operation: AclOperation, resourceType: ResourceType, name: string): boolean
  /** The same of a topic of the metadata: the short way. */
  authorizeTopic(operation: AclOperation, topic: { readonly index: number }): boolean
  /** What it has of its client's quotas, where there are any. */
  usage: Usage | undefined
  /** The client has used up a quota: once this is answered, nothing else is taken from the connection for so long. */
  throttle(waitMs: number): void
  /** Memory for the answer, to be used again when that has been sent. */
  readonly loans: Loans
  /**
   * Runs `callback` when the connection goes away before the answer is given: what waits for this request (a long poll,
   * a join) stops waiting.
   */
  onClose(callback: () => void): void
}

/** No answer is sent (Produce with acks=0). */
export const NO_RESPONSE = Symbol('no response')

export type Answer<A extends Api> = ResponseOf<A> | typeof NO_RESPONSE

/**
 * A request value in, a response value out, at once where nothing has to be waited for. Wire errors are part of the
 * value; a throw closes the connection.
 */
export type Handle<A extends Api> = (
  request: RequestOf<A>,
  context: RequestContext,
) => Answer<A> | Promise<Answer<A>>

/** A handler bound to the API it serves, with the versions it implements. */
export interface Handler<A extends Api = Api> {
  readonly api: A
  readonly minVersion: number
  readonly maxVersion: number
  /** What it asks before it answers, in that order. */
  readonly needs: readonly Need[]
  readonly handle: Handle<A>
}

/** Binds a handler to its API. `versions` narrows what is served; all that Kafka calls stable where not said. */
export function handler<A extends Api>(
  api: A,
  handle: Handle<A>,
  versions: { readonly min?: number; readonly max?: number } = {},
): Handler {
  return guarded(api, [], handle, versions)
}

/** Binds a handler that asks what its session may do to its API. */
export function guarded<A extends Api>(
  api: A,
  needs: readonly Need[],
  handle: Handle<A>,
  versions: { readonly min?: number; readonly max?: number } = {},
): Handler {
  const newest = Math.min(api.versions.max, api.unstable.min - 1)
  return {
    api,
    minVersion: versions.min ?? api.versions.min,
    maxVersion: versions.max ?? newest,
    needs,
    // The dispatcher hands each handler only what its own API's codec decoded.
    handle: handle as unknown as Handle<Api>,
  }
}

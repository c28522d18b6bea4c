import { Loans } from '../memory/read-buffers.ts'
import type { Usage } from '../quotas/usage.ts'
import type { AclOperation, ResourceType } from '../security/authorization/acl.ts'
import type { RequestContext } from './handler.ts'
import type { Session } from './session.ts'
import type { UnderWay } from './under-way.ts'

/** One request on its way through a connection, as its handler sees it. */
export class Request implements RequestContext, UnderWay {
  readonly session: Session
  readonly apiVersion: number
  readonly clientId: string | null
  readonly correlationId: number
  readonly frameSize: number
  usage: Usage | undefined
  /** How long nothing else is taken once this is answered. */
  throttleTimeMs = 0
  #loans: Loans | undefined
  #closers: (() => void)[] | undefined
  #abandoned: ((close: () => void) => void) | undefined

  constructor(
    session: Session,
    apiVersion: number,
    clientId: string | null,
    correlationId: number,
    frameSize: number,
  ) {
    this.session = session
    this.apiVersion = apiVersion
    this.clientId = clientId
    this.correlationId = correlationId
    this.frameSize = frameSize
  }

  get loans(): Loans {
    this.#loans ??= new Loans()
    return this.#loans
  }

  throttle(waitMs: number): void {
    this.throttleTimeMs = Math.max(this.throttleTimeMs, waitMs)
  }

  /** It is answered: what it has borrowed is on its way, and `leaving`'s to end. */
  answered(leaving: Loans): void {
    this.#loans?.moveTo(leaving)
  }

  dropped(): void {
    this.#loans?.end()
  }

  authorize(operation: AclOperation, resourceType: ResourceType, name: string): boolean {
    return this.session.permissions.allows(operation, resourceType, name)
  }

  authorizeTopic(operation: AclOperation, topic: { readonly index: number }): boolean {
    return this.session.permissions.allowsTopic(operation, topic.index)
  }

  onClose(callback: () => void): void {
    if (this.#abandoned) {
      this.#abandoned(callback)
    } else {
      this.#closers ??= []
      this.#closers.push(callback)
    }
  }

  /**
   * Tells those who asked for it, now or later, that the connection goes away.
   * @param onTold called after that, if somebody asked: then the answer may never come
   * @param onError gets what a callback threw
   */
  abandon(onTold: () => void, onError: (error: unknown) => void): void {
    if (this.#abandoned) return
    const tell = (close: () => void) => {
      try {
        close()
      } catch (error) {
        onError(error)
      }
    }
    this.#abandoned = (close) => {
      tell(close)
      this.dropped()
      onTold()
    }
    const closers = this.#closers
    if (closers === undefined) return
    this.#closers = undefined
    for (const close of closers) tell(close)
    this.dropped()
    onTold()
  }
}

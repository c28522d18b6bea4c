import type { SecurityProtocol } from '../metadata/records.ts'
import type { Authorizer, Permissions } from '../security/authorization/authorizer.ts'
import type { Principal } from '../security/principal.ts'

/** What is known of a connection when it begins. */
export interface SessionOrigin {
  /** `host:port-peerHost:peerPort-index`, as in Kafka's logs. */
  readonly connectionId: string
  readonly listenerName: string
  readonly securityProtocol: SecurityProtocol
  readonly principal: Principal
  /** The peer's address as text: what rules about hosts are compared with. */
  readonly clientHost: string
  readonly authorizer: Authorizer
}

/** What a connection is to the handlers of its requests: who is there, what they may do, and where they came in. */
export class Session {
  readonly connectionId: string
  readonly listenerName: string
  readonly securityProtocol: SecurityProtocol
  readonly clientHost: string
  /** As the client told them in ApiVersions v3 and later (KIP-511). */
  clientSoftwareName = 'unknown'
  clientSoftwareVersion = 'unknown'
  readonly #authorizer: Authorizer
  #closed: (() => void)[] | undefined
  #principal: Principal
  #permissions: Permissions

  constructor(origin: SessionOrigin) {
    this.connectionId = origin.connectionId
    this.listenerName = origin.listenerName
    this.securityProtocol = origin.securityProtocol
    this.clientHost = origin.clientHost
    this.#authorizer = origin.authorizer
    this.#principal = origin.principal
    this.#permissions = origin.authorizer.permissionsOf(origin.principal, origin.clientHost)
  }

  /** Runs `callback` when the connection is gone. */
  onClosed(callback: () => void): void {
    this.#closed ??= []
    this.#closed.push(callback)
  }

  /** The connection is gone. */
  closed(): void {
    const callbacks = this.#closed ?? []
    this.#closed = undefined
    for (const callback of callbacks) callback()
  }

  get principal(): Principal {
    return this.#principal
  }

  get permissions(): Permissions {
    return this.#permissions
  }

  /** Who is there has shown who they are. */
  actAs(principal: Principal): void {
    this.#principal = principal
    this.#permissions = this.#authorizer.permissionsOf(principal, this.clientHost)
  }
}

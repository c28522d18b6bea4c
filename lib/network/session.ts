import type { SecurityProtocol } from '../metadata/records.ts'
import type { Principal } from '../security/principal.ts'

/** What a connection is to the handlers of its requests: who is there, and where they came in. */
export interface Session {
  /** `host:port-peerHost:peerPort-index`, as in Kafka's logs. */
  readonly connectionId: string
  readonly listenerName: string
  readonly securityProtocol: SecurityProtocol
  principal: Principal
  /** The peer's address as text: what rules about hosts are compared with. */
  readonly clientHost: string
  /** As the client told them in ApiVersions v3 and later (KIP-511). */
  clientSoftwareName: string
  clientSoftwareVersion: string
}

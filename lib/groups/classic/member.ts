import type { joinGroup } from '../../../protocol/messages/join-group.ts'
import type { leaveGroup } from '../../../protocol/messages/leave-group.ts'
import type { syncGroup } from '../../../protocol/messages/sync-group.ts'
import type { RequestOf, ResponseOf } from '../../../protocol/schema.ts'
import type { Respond } from '../answer.ts'

export type JoinGroupRequest = RequestOf<typeof joinGroup>
export type JoinGroupResponse = ResponseOf<typeof joinGroup>
export type SyncGroupRequest = RequestOf<typeof syncGroup>
export type SyncGroupResponse = ResponseOf<typeof syncGroup>
export type LeavingMember = RequestOf<typeof leaveGroup>['members'][number]
export type LeftMember = NonNullable<ResponseOf<typeof leaveGroup>['members']>[number]

/** One of the protocols (assignors) that a member offers, with what it tells the leader under it. */
export interface MemberProtocol {
  readonly name: string
  readonly metadata: Buffer
}

export interface MemberIdentity {
  readonly memberId: string
  /** null for a dynamic member. */
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly protocolType: string
}

export interface MemberTerms {
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  /** In the member's order of preference. */
  readonly protocols: readonly MemberProtocol[]
}

export const NO_ASSIGNMENT = Buffer.alloc(0)

/** A member of a classic group (`ClassicGroupMember`). */
export class ClassicMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly protocolType: string
  terms: MemberTerms
  assignment: Buffer
  /** Until its first JoinGroup is answered. */
  isNew = false
  /** Its JoinGroup that waits for the rebalance; set by the group only, which counts them. */
  awaitingJoin: Respond<JoinGroupResponse> | undefined
  /** Its SyncGroup that waits for the leader's. */
  awaitingSync: Respond<SyncGroupResponse> | undefined

  constructor(identity: MemberIdentity, terms: MemberTerms, assignment: Buffer = NO_ASSIGNMENT) {
    this.memberId = identity.memberId
    this.groupInstanceId = identity.groupInstanceId
    this.clientId = identity.clientId
    this.clientHost = identity.clientHost
    this.protocolType = identity.protocolType
    this.terms = terms
    this.assignment = assignment
  }

  get isStatic(): boolean {
    return this.groupInstanceId !== null
  }

  /** What it told under that protocol. */
  metadata(protocolName: string): Buffer {
    for (const protocol of this.terms.protocols) if (protocol.name === protocolName) return protocol.metadata
    throw new Error(`member ${this.memberId} does not support protocol ${protocolName}`)
  }

  /** Its favourite among the candidates. */
  vote(candidates: ReadonlySet<string>): string {
    for (const protocol of this.terms.protocols) if (candidates.has(protocol.name)) return protocol.name
    throw new Error(`member ${this.memberId} supports none of ${[...candidates].join(', ')}`)
  }

  /** Whether it would tell the same as before. */
  offers(protocols: readonly MemberProtocol[]): boolean {
    const own = this.terms.protocols
    return (
      own.length === protocols.length &&
      own.every((protocol, i) => {
        const other = protocols[i] as MemberProtocol
        return protocol.name === other.name && protocol.metadata.equals(other.metadata)
      })
    )
  }

  /** A member whose request waits here is alive; a new one may wait only for so long. */
  get hasSatisfiedHeartbeat(): boolean {
    return !this.isNew && (this.awaitingJoin !== undefined || this.awaitingSync !== undefined)
  }

  completeSync(response: SyncGroupResponse): boolean {
    const respond = this.awaitingSync
    if (!respond) return false
    this.awaitingSync = undefined
    respond(response)
    return true
  }
}

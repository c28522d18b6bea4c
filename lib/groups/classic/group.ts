import { ErrorCode } from '../../../protocol/errors.ts'
import type { Clock, Timer } from '../../lab/clock.ts'
import type { Respond } from '../answer.ts'
import { smallHashMapBucket } from '../java-hash.ts'
import { ClassicMember, type JoinGroupResponse, type MemberTerms } from './member.ts'
import { type ClassicGroupState, TRANSITIONS } from './state.ts'
import { subscribedTopics } from './subscription.ts'

const CONSUMER_PROTOCOL_TYPE = 'consumer'

/** What of a group is read back from its log. */
export interface RestoredGroup {
  readonly state: ClassicGroupState
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leaderId: string | null
  /** -1 when the log does not say. */
  readonly stateTimestampMs: number
}

/**
 * A classic group: who is in it, what they agree on, which state it is in (`ClassicGroup`). It keeps its counts right
 * and its transitions allowed; when to do what is decided in the files beside.
 */
export class ClassicGroup {
  readonly type = 'classic'
  readonly groupId: string
  readonly members = new Map<string, ClassicMember>()
  /** Member ids that were handed out and not yet used to join. */
  readonly pendingJoinMembers = new Set<string>()
  /** Members that have not sent SyncGroup in this generation. */
  readonly pendingSyncMembers = new Set<string>()
  /** By member id, of pending members too. */
  readonly sessionTimers = new Map<string, Timer>()
  joinTimer: Timer | undefined
  syncTimer: Timer | undefined
  protocolType: string | null = null
  protocolName: string | null = null
  leaderId: string | null = null
  generationId = 0
  /** A member came during the initial rebalance delay, which may thus be prolonged. */
  newMemberAdded = false
  #clock: Clock
  #state: ClassicGroupState = 'Empty'
  #previousState: ClassicGroupState = 'Dead'
  #stateTimestampMs: number
  #staticMembers = new Map<string, string>()
  #awaitingJoin = 0
  #supporters = new Map<string, number>()
  #subscribedTopics: ReadonlySet<string> | undefined

  constructor(groupId: string, clock: Clock, restored?: RestoredGroup) {
    this.groupId = groupId
    this.#clock = clock
    this.#stateTimestampMs = restored?.stateTimestampMs ?? clock.now()
    if (!restored) return
    this.#state = restored.state
    this.generationId = restored.generationId
    this.protocolType = restored.protocolType
    this.protocolName = restored.protocolName
    this.leaderId = restored.leaderId
  }

  get state(): ClassicGroupState {
    return this.#state
  }

  get previousState(): ClassicGroupState {
    return this.#previousState
  }

  /** When it came into its state, milliseconds since 1970; -1 when its log does not say. */
  get stateTimestampMs(): number {
    return this.#stateTimestampMs
  }

  get isEmpty(): boolean {
    return this.#state === 'Empty'
  }

  get awaitingJoinCount(): number {
    return this.#awaitingJoin
  }

  get hasAllMembersJoined(): boolean {
    return this.members.size === this.#awaitingJoin && this.pendingJoinMembers.size === 0
  }

  get usesConsumerProtocol(): boolean {
    return this.protocolType === CONSUMER_PROTOCOL_TYPE
  }

  canGo(state: ClassicGroupState): boolean {
    return TRANSITIONS[this.#state].includes(state)
  }

  go(state: ClassicGroupState): void {
    if (!this.canGo(state)) throw new Error(`group ${this.groupId} cannot go from ${this.#state} to ${state}`)
    this.#previousState = this.#state
    this.#state = state
    this.#stateTimestampMs = this.#clock.now()
  }

  staticMemberId(groupInstanceId: string): string | undefined {
    return this.#staticMembers.get(groupInstanceId)
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId
  }

  /** The longest of its members' rebalance timeouts. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const member of this.members.values()) longest = Math.max(longest, member.terms.rebalanceTimeoutMs)
    return longest
  }

  /** UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID or NONE. */
  validateMember(memberId: string, groupInstanceId: string | null): number {
    if (groupInstanceId !== null) {
      const known = this.#staticMembers.get(groupInstanceId)
      if (known === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
      if (known !== memberId) return ErrorCode.FENCED_INSTANCE_ID
    }
    return this.members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID
  }

  /** Whether a member with these protocols can be in the group: at least one must be everybody's. */
  supportsProtocols(protocolType: string, protocols: MemberTerms['protocols']): boolean {
    if (this.isEmpty) return protocolType !== '' && protocols.length > 0
    return (
      this.protocolType === protocolType &&
      protocols.some(({ name }) => (this.#supporters.get(name) ?? 0) === this.members.size)
    )
  }

  add(member: ClassicMember, respond?: Respond<JoinGroupResponse>): void {
    const { memberId, groupInstanceId } = member
    if (groupInstanceId !== null) this.#staticMembers.set(groupInstanceId, memberId)
    if (this.members.size === 0) this.protocolType = member.protocolType
    this.leaderId ??= memberId
    this.members.set(memberId, member)
    this.#countProtocols(member, 1)
    this.#await(member, respond)
    this.pendingJoinMembers.delete(memberId)
  }

  /** Takes a member or a pending member away, and its timer with it. */
  remove(memberId: string): void {
    this.sessionTimers.get(memberId)?.cancel()
    this.sessionTimers.delete(memberId)
    this.pendingJoinMembers.delete(memberId)
    this.pendingSyncMembers.delete(memberId)
    const member = this.members.get(memberId)
    if (!member) return
    this.members.delete(memberId)
    this.#countProtocols(member, -1)
    this.#await(member, undefined)
    // Kafka leaves such a request without any answer; only somebody else's LeaveGroup can bring this about.
    member.completeSync({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
    if (member.groupInstanceId !== null) this.#staticMembers.delete(member.groupInstanceId)
    if (this.isLeader(memberId)) this.leaderId = this.members.keys().next().value ?? null
  }

  update(member: ClassicMember, terms: MemberTerms, respond: Respond<JoinGroupResponse>): void {
    this.#countProtocols(member, -1)
    member.terms = terms
    this.#countProtocols(member, 1)
    this.#await(member, respond)
  }

  /** Gives a static member's place to its next incarnation; whatever the old one waited for is fenced. */
  replaceStaticMember(groupInstanceId: string, oldMemberId: string, newMemberId: string): ClassicMember {
    const old = this.members.get(oldMemberId)
    if (!old) throw new Error(`group ${this.groupId} has no member ${oldMemberId}`)
    const errorCode = ErrorCode.FENCED_INSTANCE_ID
    this.completeJoin(old, { errorCode, memberId: oldMemberId })
    old.completeSync({ errorCode })
    this.sessionTimers.get(oldMemberId)?.cancel()
    this.sessionTimers.delete(oldMemberId)
    this.members.delete(oldMemberId)
    const replacement = new ClassicMember(
      { ...identityOf(old), memberId: newMemberId },
      old.terms,
      old.assignment,
    )
    this.members.set(newMemberId, replacement)
    if (this.isLeader(oldMemberId)) this.leaderId = newMemberId
    this.#staticMembers.set(groupInstanceId, newMemberId)
    return replacement
  }

  completeJoin(member: ClassicMember, response: JoinGroupResponse): void {
    const respond = member.awaitingJoin
    this.#await(member, undefined)
    respond?.(response)
  }

  /**
   * A leader that did not rejoin gives way to a member that did.
   * @returns whether the group has a leader that joined
   */
  electJoinedLeader(): boolean {
    if (this.leaderId === null) return false
    if (this.members.get(this.leaderId)?.awaitingJoin) return true
    for (const member of this.members.values()) {
      if (!member.awaitingJoin) continue
      this.leaderId = member.memberId
      return true
    }
    return false
  }

  /** The next generation: with a protocol that the members vote for, or empty when there are none. */
  startGeneration(): void {
    this.generationId++
    const isEmpty = this.members.size === 0
    this.protocolName = isEmpty ? null : this.selectProtocol()
    this.refreshSubscribedTopics()
    this.go(isEmpty ? 'Empty' : 'CompletingRebalance')
    this.pendingSyncMembers.clear()
  }

  /** The protocol that most members prefer among those that all of them support. */
  selectProtocol(): string {
    const candidates = new Set<string>()
    for (const [name, supporters] of this.#supporters)
      if (supporters === this.members.size) candidates.add(name)
    const votes = new Map<string, number>()
    for (const member of this.members.values()) {
      const choice = member.vote(candidates)
      votes.set(choice, (votes.get(choice) ?? 0) + 1)
    }
    // Of two with the same number of votes Kafka takes the one that its HashMap comes to first.
    const [winner] = [...votes].sort(
      ([a, votesOfA], [b, votesOfB]) => votesOfB - votesOfA || smallHashMapBucket(a) - smallHashMapBucket(b),
    )
    return (winner as [string, number])[0]
  }

  refreshSubscribedTopics(): void {
    if (!this.usesConsumerProtocol) this.#subscribedTopics = undefined
    else if (this.members.size === 0) this.#subscribedTopics = new Set()
    else if (this.protocolName === null) this.#subscribedTopics = undefined
    else this.#subscribedTopics = subscribedTopics(this.members.values(), this.protocolName)
  }

  get knowsSubscribedTopics(): boolean {
    return this.#subscribedTopics !== undefined
  }

  /** Where it cannot be told what a consumer group subscribes to, it is taken to subscribe to everything. */
  isSubscribedTo(topic: string): boolean {
    return this.#subscribedTopics ? this.#subscribedTopics.has(topic) : this.usesConsumerProtocol
  }

  cancelTimers(): void {
    for (const timer of this.sessionTimers.values()) timer.cancel()
    this.sessionTimers.clear()
    this.joinTimer?.cancel()
    this.syncTimer?.cancel()
  }

  #await(member: ClassicMember, respond: Respond<JoinGroupResponse> | undefined): void {
    this.#awaitingJoin += Number(respond !== undefined) - Number(member.awaitingJoin !== undefined)
    member.awaitingJoin = respond
  }

  #countProtocols(member: ClassicMember, step: 1 | -1): void {
    for (const { name } of member.terms.protocols) {
      const count = (this.#supporters.get(name) ?? 0) + step
      if (count === 0) this.#supporters.delete(name)
      else this.#supporters.set(name, count)
    }
  }
}

function identityOf({ memberId, groupInstanceId, clientId, clientHost, protocolType }: ClassicMember) {
  return { memberId, groupInstanceId, clientId, clientHost, protocolType }
}

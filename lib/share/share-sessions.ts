import { ErrorCode } from '../../protocol/errors.ts'
import { keyText, type SharePartitionKey } from './share-partition-key.ts'
import type { SharePartitions } from './share-partitions.ts'

/** The epoch of a request that begins a session. */
const INITIAL_EPOCH = 0
/** The epoch of a request that ends one. */
export const FINAL_EPOCH = -1
const LAST_EPOCH = 2 ** 31 - 1

/** What a member fetches from one broker, kept between its requests (`ShareSession`). */
export interface ShareSession {
  readonly groupId: string
  readonly memberId: string
  epoch: number
  readonly partitions: Map<string, SessionPartition>
}

/** A partition of a session. */
export interface SessionPartition {
  readonly key: SharePartitionKey
  /** Undefined for one whose topic was not there when it was asked for. */
  readonly topic: string | undefined
  /** The next answer tells of it even if there is nothing to tell. */
  isNews: boolean
}

/** A connection, which takes its sessions along when it ends. */
interface Connection {
  onClosed(callback: () => void): void
}

/** A partition as a request names it. */
export interface SharedTopicPartition {
  readonly topic: string | undefined
  readonly topicId: string
  readonly partition: number
}

interface SessionRequest {
  readonly groupId: string
  readonly memberId: string
  readonly epoch: number
}

export interface ShareFetchRequest extends SessionRequest {
  readonly added: readonly SharedTopicPartition[]
  readonly forgotten: readonly SharedTopicPartition[]
  readonly acknowledges: boolean
}

/** The share sessions of one broker (`ShareSessionCache`). */
export class ShareSessions {
  readonly #sessions = new Map<string, ShareSession>()
  readonly #connections = new WeakMap<Connection, Set<ShareSession>>()
  readonly #partitions: SharePartitions
  readonly #slots: () => number

  constructor(partitions: SharePartitions, slots: () => number) {
    this.#partitions = partitions
    this.#slots = slots
  }

  /** The session as the request makes it, or why there is none (`SharePartitionManager.newContext`). */
  onFetch(request: ShareFetchRequest, connection: Connection): ShareSession | ErrorCode {
    const { groupId, memberId, epoch, added, forgotten } = request
    const known = this.#sessions.get(nameOf(request))
    if (epoch === INITIAL_EPOCH) {
      if (request.acknowledges) return ErrorCode.INVALID_REQUEST
      if (known) this.#forget(known)
      if (hasTwice(added)) return ErrorCode.UNKNOWN_SERVER_ERROR
      if (this.#sessions.size >= this.#slots()) return ErrorCode.SHARE_SESSION_LIMIT_REACHED
      const session = { groupId, memberId, epoch: 1, partitions: new Map() }
      update(session, added, forgotten, false)
      this.#sessions.set(nameOf(session), session)
      this.#follow(session, connection)
      return session
    }
    if (!known) return ErrorCode.SHARE_SESSION_NOT_FOUND
    if (epoch === FINAL_EPOCH) return known
    if (known.epoch !== epoch) return ErrorCode.INVALID_SHARE_SESSION_EPOCH
    update(known, added, forgotten, true)
    known.epoch = nextEpoch(epoch)
    return known
  }

  /** Acknowledgements alone change no partitions, and begin no session (`acknowledgeSessionUpdate`). */
  onAcknowledge(request: SessionRequest): ShareSession | ErrorCode {
    const { epoch } = request
    if (epoch === INITIAL_EPOCH) return ErrorCode.INVALID_SHARE_SESSION_EPOCH
    const known = this.#sessions.get(nameOf(request))
    if (!known) return ErrorCode.SHARE_SESSION_NOT_FOUND
    if (epoch === FINAL_EPOCH) return known
    if (known.epoch !== epoch) return ErrorCode.INVALID_SHARE_SESSION_EPOCH
    known.epoch = nextEpoch(epoch)
    return known
  }

  /** Ends it: what the member has not answered for, others may have. */
  release(session: ShareSession): void {
    this.#forget(session)
    for (const { key } of session.partitions.values()) this.#partitions.known(key)?.release(session.memberId)
  }

  #hasSessions(groupId: string): boolean {
    for (const session of this.#sessions.values()) if (session.groupId === groupId) return true
    return false
  }

  #forget(session: ShareSession): void {
    if (this.#sessions.get(nameOf(session)) === session) this.#sessions.delete(nameOf(session))
  }

  #follow(session: ShareSession, connection: Connection): void {
    let followed = this.#connections.get(connection)
    if (!followed) {
      const sessions = new Set<ShareSession>()
      followed = sessions
      this.#connections.set(connection, sessions)
      connection.onClosed(() => {
        for (const each of sessions) {
          if (this.#sessions.get(nameOf(each)) === each) this.release(each)
          // Even where it has ended before: Kafka forgets the group's partitions only now.
          if (!this.#hasSessions(each.groupId)) this.#partitions.forgetGroup(each.groupId)
        }
      })
    }
    for (const each of followed) if (this.#sessions.get(nameOf(each)) !== each) followed.delete(each)
    followed.add(session)
  }
}

function hasTwice(added: readonly SharedTopicPartition[]): boolean {
  return new Set(added.map(({ topicId, partition }) => `${topicId}:${partition}`)).size < added.length
}

function nameOf({ groupId, memberId }: { readonly groupId: string; readonly memberId: string }): string {
  return `${memberId}:${groupId}`
}

function update(
  { groupId, partitions }: ShareSession,
  added: readonly SharedTopicPartition[],
  forgotten: readonly SharedTopicPartition[],
  isNews: boolean,
): void {
  for (const { topic, topicId, partition } of added) {
    const key = { groupId, topicId, partition }
    const text = keyText(key)
    if (!partitions.has(text)) partitions.set(text, { key, topic, isNews })
  }
  for (const { topicId, partition } of forgotten) partitions.delete(keyText({ groupId, topicId, partition }))
}

/** Where the session will be when the request of that epoch is answered, unless another one came between. */
export function nextEpoch(epoch: number): number {
  return epoch === LAST_EPOCH ? 1 : epoch + 1
}

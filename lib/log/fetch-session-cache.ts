import type { Random } from '../lab/random.ts'
import type { FetchPartitions } from './fetch-partition.ts'
import { FetchSession, INVALID_SESSION_ID } from './fetch-session.ts'

/** Kafka's `MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS`: how long a session is safe. */
const EVICTION_MS = 120_000
const MAX_INT32 = 0x7fff_ffff

/** The fetch sessions of one broker; full, it takes the place of one that is worth less (KIP-227). */
export class FetchSessionCache {
  /** In the order in which they were used last. */
  readonly #sessions = new Map<number, FetchSession>()
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  get size(): number {
    return this.#sessions.size
  }

  get(id: number): FetchSession | undefined {
    return this.#sessions.get(id)
  }

  remove(id: number): void {
    this.#sessions.delete(id)
  }

  /** The session was used; it lives on from here. */
  touch(session: FetchSession, now: number): void {
    session.lastUsedAt = now
    session.size = session.partitions.size
    session.evictableByAll = now - session.createdAt > EVICTION_MS
    this.#sessions.delete(session.id)
    this.#sessions.set(session.id, session)
  }

  /** A session for these partitions, or undefined where there is no room: then the client asks in full each time. */
  create(
    partitions: FetchPartitions,
    isPrivileged: boolean,
    usesTopicIds: boolean,
    slots: number,
    now: number,
  ): FetchSession | undefined {
    if (this.#sessions.size >= slots && !this.#evictFor(partitions.size, isPrivileged, now)) return undefined
    const session = new FetchSession(this.#newId(), isPrivileged, usesTopicIds, partitions, now)
    this.touch(session, now)
    return session
  }

  #evictFor(size: number, isPrivileged: boolean, now: number): boolean {
    const oldest = this.#sessions.values().next().value
    if (oldest === undefined) return false
    if (now - oldest.lastUsedAt > EVICTION_MS) return this.#sessions.delete(oldest.id)
    let least: FetchSession | undefined
    for (const session of this.#sessions.values()) {
      const isEvictable = session.evictableByAll || (isPrivileged && !session.isPrivileged)
      if (isEvictable && (least === undefined || isWorthLess(session, least))) least = session
    }
    if (least === undefined) return false
    // A newcomer of the same worth has the lower id, 0, and so does not get the place.
    const newcomer = { isPrivileged, size, id: INVALID_SESSION_ID }
    return isWorthLess(least, newcomer) && this.#sessions.delete(least.id)
  }

  #newId(): number {
    for (;;) {
      const id = 1 + this.#random.below(MAX_INT32 - 1)
      if (!this.#sessions.has(id)) return id
    }
  }
}

type Worth = Pick<FetchSession, 'isPrivileged' | 'size' | 'id'>

function isWorthLess(a: Worth, b: Worth): boolean {
  if (a.isPrivileged !== b.isPrivileged) return b.isPrivileged
  return a.size === b.size ? a.id < b.id : a.size < b.size
}

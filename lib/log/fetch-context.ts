import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import type { Clock } from '../lab/clock.ts'
import type { Random } from '../lab/random.ts'
import type { MetadataImage } from '../metadata/image.ts'
import {
  FetchPartition,
  type FetchPartitionData,
  FetchPartitions,
  type FetchResult,
} from './fetch-partition.ts'
import {
  type FetchSession,
  FINAL_EPOCH,
  INITIAL_EPOCH,
  INVALID_SESSION_ID,
  nextEpoch,
} from './fetch-session.ts'
import { FetchSessionCache } from './fetch-session-cache.ts'

/** From this version on Fetch speaks of topics by id (KIP-516). */
const FIRST_VERSION_WITH_IDS = 13

/** The parts of a Fetch request that sessions are about. */
export interface FetchSessionRequest {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly topics: readonly FetchTopic[]
  readonly forgottenTopicsData: readonly {
    readonly topic: string
    readonly topicId: string
    readonly partitions: readonly number[]
  }[]
}

interface FetchTopic {
  readonly topic: string
  readonly topicId: string
  readonly partitions: readonly (FetchPartitionData & { readonly partition: number })[]
}

/** What of a fetch's results goes into the response. */
export interface FetchAnswer {
  readonly errorCode: ErrorCode
  readonly sessionId: number
  readonly results: readonly FetchResult[]
}

/** One request in the light of its session: what it asks for, and what is to be answered. */
export interface FetchContext {
  /** With an error there are no partitions. */
  readonly partitions: Iterable<FetchPartition>
  answer(results: readonly FetchResult[]): FetchAnswer
}

export interface FetchSessionsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly image: MetadataImage
  /** `max.incremental.fetch.session.cache.slots` */
  readonly slots: () => number
}

/** The fetch sessions of one broker (Kafka's FetchManager). */
export class FetchSessions {
  readonly #cache: FetchSessionCache
  readonly #clock: Clock
  readonly #image: MetadataImage
  readonly #slots: () => number

  constructor({ clock, random, image, slots }: FetchSessionsOptions) {
    this.#cache = new FetchSessionCache(random)
    this.#clock = clock
    this.#image = image
    this.#slots = slots
  }

  get size(): number {
    return this.#cache.size
  }

  open(request: FetchSessionRequest, version: number, isFromFollower: boolean): FetchContext {
    const { sessionId, sessionEpoch } = request
    const usesTopicIds = version >= FIRST_VERSION_WITH_IDS
    if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
      this.#cache.remove(sessionId)
      const partitions = this.#add(request.topics, usesTopicIds, new FetchPartitions())
      if (sessionEpoch === FINAL_EPOCH) return sessionless(partitions)
      return this.#full(partitions, isFromFollower, usesTopicIds)
    }
    const session = this.#cache.get(sessionId)
    if (session === undefined) return refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
    if (session.epoch !== sessionEpoch) return refused(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
    if (session.usesTopicIds !== usesTopicIds) return refused(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
    this.#add(request.topics, usesTopicIds, session.partitions)
    for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
      for (const index of partitions) session.partitions.remove(usesTopicIds ? topicId : topic, index)
    }
    if (session.partitions.size === 0) {
      this.#cache.remove(sessionId)
      return sessionless(this.#add(request.topics, usesTopicIds, new FetchPartitions()))
    }
    this.#cache.touch(session, this.#clock.now())
    session.epoch = nextEpoch(session.epoch)
    return this.#incremental(session, session.epoch)
  }

  #add(topics: readonly FetchTopic[], usesTopicIds: boolean, partitions: FetchPartitions): FetchPartitions {
    for (const topic of topics) {
      const key = usesTopicIds ? topic.topicId : topic.topic
      for (const data of topic.partitions) {
        let partition = partitions.get(key, data.partition)
        if (partition === undefined) {
          const name = usesTopicIds ? this.#nameOf(topic.topicId) : topic.topic
          partition = new FetchPartition(name, usesTopicIds ? topic.topicId : ZERO_UUID, data.partition)
          partitions.add(key, partition)
        }
        partition.update(data)
      }
    }
    return partitions
  }

  #nameOf(topicId: string): string | null {
    return this.#image.topicsById.get(topicId)?.name ?? null
  }

  #full(partitions: FetchPartitions, isFromFollower: boolean, usesTopicIds: boolean): FetchContext {
    return {
      partitions,
      answer: (results) => {
        const now = this.#clock.now()
        const session = this.#cache.create(partitions, isFromFollower, usesTopicIds, this.#slots(), now)
        session?.begin(results)
        return { errorCode: ErrorCode.NONE, sessionId: session?.id ?? INVALID_SESSION_ID, results }
      },
    }
  }

  #incremental(session: FetchSession, epoch: number): FetchContext {
    // A topic that the session's first request came too early for may be known by now.
    for (const partition of session.partitions) {
      if (partition.topic === null) partition.topic = this.#nameOf(partition.topicId)
    }
    return {
      partitions: session.partitions,
      answer: (results) => {
        // Another connection has used the session meanwhile: one of the two is a repeated request.
        if (session.epoch !== epoch) {
          return { errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH, sessionId: session.id, results: [] }
        }
        return { errorCode: ErrorCode.NONE, sessionId: session.id, results: session.changed(results) }
      },
    }
  }
}

function sessionless(partitions: FetchPartitions): FetchContext {
  const errorCode = ErrorCode.NONE
  return { partitions, answer: (results) => ({ errorCode, sessionId: INVALID_SESSION_ID, results }) }
}

function refused(errorCode: ErrorCode): FetchContext {
  return { partitions: [], answer: () => ({ errorCode, sessionId: INVALID_SESSION_ID, results: [] }) }
}

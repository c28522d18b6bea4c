import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import type { Clock } from '../lab/clock.ts'
import type { Random } from '../lab/random.ts'
import type { MetadataImage } from '../metadata/image.ts'
import {
  type FetchContext,
  FullContext,
  IncrementalContext,
  RefusedContext,
  SessionlessContext,
} from './fetch-contexts.ts'
import { FetchPartition, type FetchPartitionData, FetchPartitions } from './fetch-partition.ts'
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
      if (sessionEpoch === FINAL_EPOCH) return new SessionlessContext(partitions)
      return this.#full(partitions, isFromFollower, usesTopicIds)
    }
    const session = this.#cache.get(sessionId)
    if (session === undefined) return new RefusedContext(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
    if (session.epoch !== sessionEpoch) return new RefusedContext(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
    if (session.usesTopicIds !== usesTopicIds)
      return new RefusedContext(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
    this.#add(request.topics, usesTopicIds, session.partitions)
    for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
      for (const index of partitions) session.partitions.remove(usesTopicIds ? topicId : topic, index)
    }
    if (session.partitions.size === 0) {
      this.#cache.remove(sessionId)
      return new SessionlessContext(this.#add(request.topics, usesTopicIds, new FetchPartitions()))
    }
    this.#cache.touch(session, this.#clock.now())
    session.epoch = nextEpoch(session.epoch)
    return this.#incremental(session)
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
    return new FullContext(partitions, (results) => {
      const now = this.#clock.now()
      const session = this.#cache.create(partitions, isFromFollower, usesTopicIds, this.#slots(), now)
      session?.begin(results)
      return session?.id ?? INVALID_SESSION_ID
    })
  }

  #incremental(session: FetchSession): FetchContext {
    // A topic that the session's first request came too early for may be known by now.
    for (const partition of session.partitions) {
      if (partition.topic === null) partition.topic = this.#nameOf(partition.topicId)
    }
    return new IncrementalContext(session)
  }
}

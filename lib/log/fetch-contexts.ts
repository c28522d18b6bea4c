import { ErrorCode } from '../../protocol/errors.ts'
import type { FetchPartition, FetchPartitions, FetchResult } from './fetch-partition.ts'
import { type FetchSession, INVALID_SESSION_ID, isNews } from './fetch-session.ts'

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
  /** Those that `answer` would tell of; nothing is changed by it. */
  preview(results: readonly FetchResult[]): readonly FetchResult[]
  /** The answer to a client that has used up a quota: nothing, and the session stays as it was (`getThrottledResponse`). */
  throttled(): FetchAnswer
}

const NO_RESULTS: readonly FetchResult[] = []

function outsideSessions(
  results: readonly FetchResult[],
  errorCode: ErrorCode = ErrorCode.NONE,
): FetchAnswer {
  return { errorCode, sessionId: INVALID_SESSION_ID, results }
}

export class SessionlessContext implements FetchContext {
  readonly partitions: FetchPartitions

  constructor(partitions: FetchPartitions) {
    this.partitions = partitions
  }

  answer(results: readonly FetchResult[]): FetchAnswer {
    return outsideSessions(results)
  }

  preview(results: readonly FetchResult[]): readonly FetchResult[] {
    return results
  }

  throttled(): FetchAnswer {
    return outsideSessions(NO_RESULTS)
  }
}

/** Begins a session, if there is room for one. */
export class FullContext extends SessionlessContext {
  readonly #begin: (results: readonly FetchResult[]) => number

  /** @param begin gives the session's id */
  constructor(partitions: FetchPartitions, begin: (results: readonly FetchResult[]) => number) {
    super(partitions)
    this.#begin = begin
  }

  override answer(results: readonly FetchResult[]): FetchAnswer {
    return { errorCode: ErrorCode.NONE, sessionId: this.#begin(results), results }
  }
}

/** Goes on with a session. */
export class IncrementalContext implements FetchContext {
  readonly #session: FetchSession
  readonly #epoch: number

  constructor(session: FetchSession) {
    this.#session = session
    this.#epoch = session.epoch
  }

  get partitions(): FetchPartitions {
    return this.#session.partitions
  }

  /** Another connection has used the session meanwhile: one of the two is a repeated request. */
  get #isOvertaken(): boolean {
    return this.#session.epoch !== this.#epoch
  }

  answer(results: readonly FetchResult[]): FetchAnswer {
    return this.#isOvertaken ? this.#refused() : this.#told(this.#session.changed(results))
  }

  preview(results: readonly FetchResult[]): readonly FetchResult[] {
    return this.#isOvertaken ? NO_RESULTS : results.filter(isNews)
  }

  throttled(): FetchAnswer {
    return this.#isOvertaken ? this.#refused() : this.#told(NO_RESULTS)
  }

  #told(results: readonly FetchResult[]): FetchAnswer {
    return { errorCode: ErrorCode.NONE, sessionId: this.#session.id, results }
  }

  #refused(): FetchAnswer {
    const errorCode = ErrorCode.INVALID_FETCH_SESSION_EPOCH
    return { errorCode, sessionId: this.#session.id, results: NO_RESULTS }
  }
}

/** There is no such session. */
export class RefusedContext implements FetchContext {
  readonly partitions: readonly FetchPartition[] = []
  readonly #error: ErrorCode

  constructor(error: ErrorCode) {
    this.#error = error
  }

  answer(): FetchAnswer {
    return outsideSessions(NO_RESULTS, this.#error)
  }

  preview(): readonly FetchResult[] {
    return NO_RESULTS
  }

  /** As in Kafka, even the error has to wait for the next request. */
  throttled(): FetchAnswer {
    return outsideSessions(NO_RESULTS)
  }
}

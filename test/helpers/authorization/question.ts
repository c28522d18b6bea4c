import type { Api, Encodable } from '../../../protocol/schema.ts'

/** What a question is made of besides its API's version. */
export interface Asked {
  readonly version: number
  /** Who asks, so that each makes things of their own. */
  readonly user: string
  /** A topic's id; for one that is not there an id that no topic has. */
  topicId(name: string): string
}

/** One request, about resources that its user may see, may not see, and that are not there. */
export interface Question<A extends Api = Api> {
  readonly api: A
  /** What tells it from others of the same API. */
  readonly about: string
  /** `'all'` may be asked in every version: it changes nothing, or nothing that matters. */
  readonly versions: 'newest' | 'all' | readonly number[]
  request(asked: Asked): Encodable<A['request']>
}

export function question<A extends Api>(
  api: A,
  about: string,
  versions: Question['versions'],
  request: (asked: Asked) => Encodable<A['request']>,
): Question {
  return { api, about, versions, request } as unknown as Question
}

/** `alpha`, `beta` and `gamma` are there, `missing` and `absent` are not. */
export const TOPIC_NAMES = ['alpha', 'beta', 'gamma', 'missing', 'absent'] as const
export const GROUP_IDS = ['g1', 'g2', 'g3'] as const
export const TRANSACTIONAL_IDS = ['t1', 't2', 't3'] as const

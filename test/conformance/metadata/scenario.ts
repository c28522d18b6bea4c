import type { Api, Encodable } from '../../../protocol/schema.ts'
import { ZERO_UUID } from '../../../protocol/schema.ts'
import { type Aliases, addressAliases, normalise } from './normalise.ts'
import type { Subject } from './subject.ts'

export interface Recorded {
  readonly step: string
  readonly answer: string
}

/** One subject's way through the script: what it answered, so that two ways can be laid side by side. */
export class Scenario {
  readonly subject: Subject
  readonly recorded: Recorded[] = []
  readonly #versionsFrom: Subject
  readonly #aliases: Aliases

  /** @param versionsFrom whose versions are asked for, so that both are asked the same */
  constructor(subject: Subject, versionsFrom: Subject) {
    this.subject = subject
    this.#versionsFrom = versionsFrom
    this.#aliases = addressAliases(subject.brokers, subject.clusterId)
  }

  /** Asks in the newest version, or in the given one. */
  async ask<A extends Api>(
    step: string,
    api: A,
    request: Encodable<A['request']>,
    version = this.#versionsFrom.versionsOf(api).max,
  ): Promise<void> {
    const response = await this.subject.ask(api, version, request).catch((error: Error) => error.name)
    this.#learnTopicIds(response)
    this.note(`${api.name} v${version} ${step}`, response)
  }

  /** Asks in every version: for what changes nothing. */
  async askInAll<A extends Api>(
    step: string,
    api: A,
    request: (version: number) => Encodable<A['request']>,
  ): Promise<void> {
    const { min, max } = this.#versionsFrom.versionsOf(api)
    for (let version = min; version <= max; version++) await this.ask(step, api, request(version), version)
  }

  note(step: string, answer: unknown): void {
    this.recorded.push({ step, answer: normalise(answer, this.#aliases) })
  }

  /** The ids of topics are random: they are compared by the order in which they were seen of each name. */
  #learnTopicIds(value: unknown): void {
    if (Array.isArray(value)) for (const item of value) this.#learnTopicIds(item)
    else if (typeof value === 'object' && value !== null) {
      const { name, topicId } = value as Record<string, unknown>
      if (typeof topicId === 'string' && topicId !== ZERO_UUID && !this.#aliases.has(topicId)) {
        this.#aliases.set(topicId, `<id of ${name}>`)
      }
      for (const field of Object.values(value)) this.#learnTopicIds(field)
    }
  }
}

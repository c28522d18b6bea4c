import { setTimeout as sleep } from 'node:timers/promises'
import { alterClientQuotas } from '../../../protocol/messages/alter-client-quotas.ts'
import { describeClientQuotas } from '../../../protocol/messages/describe-client-quotas.ts'
import { alteration, type Quotas, type Whose } from '../../helpers/quotas.ts'
import type { RawClient } from '../../helpers/raw-client.ts'

/** Set after each change: once it can be described, the broker has heard of what was before it too. */
export const MARK = { entityType: 'client-id', entityName: 'mark' }

const TRIES = 500
const EXACT = 0

/** Sets quotas, and waits until the broker goes by them. */
export class QuotaSetter {
  readonly #client: RawClient
  readonly #set: [Whose, string][] = []
  #marks = 0

  constructor(client: RawClient) {
    this.#client = client
  }

  async set(whose: Whose, quotas: Quotas): Promise<void> {
    const request = { entries: [alteration(whose, quotas)], validateOnly: false }
    const { entries } = await this.#client.send(alterClientQuotas, 1, request)
    if (entries[0]?.errorCode !== 0) throw new Error(JSON.stringify(entries))
    for (const [key, value] of Object.entries(quotas)) if (value !== null) this.#set.push([whose, key])
  }

  /** Takes all of them away. */
  async clear(): Promise<void> {
    for (const [whose, key] of this.#set.splice(0)) await this.set(whose, { [key]: null })
    await this.settle()
  }

  /** What can be described is not gone by yet, but before the next change can be. */
  async settle(): Promise<void> {
    await this.mark()
    await this.mark()
  }

  /** Returns when all changes before can be described. */
  async mark(): Promise<void> {
    const value = ++this.#marks
    const ops = [{ key: 'producer_byte_rate', value, remove: false }]
    await this.#client.send(alterClientQuotas, 1, { entries: [{ entity: [MARK], ops }], validateOnly: false })
    for (let tries = 0; tries < TRIES; tries++) {
      const components = [{ entityType: MARK.entityType, matchType: EXACT, match: MARK.entityName }]
      const { entries } = await this.#client.send(describeClientQuotas, 1, { components, strict: true })
      if (entries?.[0]?.values[0]?.value === value) return
      await sleep(5)
    }
    throw new Error('a change does not come to the broker')
  }
}

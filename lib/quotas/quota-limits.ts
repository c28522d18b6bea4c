import type { ClientQuotas } from '../metadata/client-quotas.ts'
import type { Metadata } from '../metadata/metadata.ts'

const NAMES = [
  'producer_byte_rate',
  'consumer_byte_rate',
  'request_percentage',
  'controller_mutation_rate',
] as const

export type QuotaName = (typeof NAMES)[number]

/** Who is counted together; '' where all users are, or all client ids. As the tags of their metrics. */
export interface QuotaTags {
  /** As Kafka writes it in metrics (`Sanitizer`). */
  readonly user: string
  readonly 'client-id': string
}

/** What is for nobody in particular. Kafka takes a quota that is not there for one of this height. */
export const UNLIMITED = 2 ** 63

const DEFAULT = '<default>'
const [NONE, CLIENT_IDS, USERS, PAIRS] = [0, 1, 2, 4]

/** Whom a quota is for, and how high it is for them (KIP-55, `DefaultQuotaCallback`). */
export class QuotaLimits {
  readonly #name: QuotaName
  readonly #metadata: Metadata
  readonly #listeners: (() => void)[] = []
  /** By `keyOf`. */
  #bounds = new Map<string, number>()
  #levels = NONE
  #isEnabled = false

  constructor(metadata: Metadata, name: QuotaName) {
    this.#metadata = metadata
    this.#name = name
    metadata.subscribe((records) => {
      if (records.some((record) => record.type === 'ClientQuotaRecord' && record.key === name)) this.#update()
    })
    this.#update()
  }

  /** Whether there is anybody that the quota is for. */
  get isEnabled(): boolean {
    return this.#isEnabled
  }

  /** Runs `callback` after each change. */
  onChange(callback: () => void): void {
    this.#listeners.push(callback)
  }

  /** The order is that of precedence. Where all quotas are of one level, all clients are counted at it, quota or not. */
  tagsOf(userName: string, clientId: string): QuotaTags {
    const user = sanitized(userName)
    if (this.#levels === NONE || this.#levels === CLIENT_IDS) return tags('', clientId)
    if (this.#levels === USERS) return tags(user, '')
    if (this.#levels === PAIRS) return tags(user, clientId)
    const id = sanitized(clientId)
    if (this.#has(user, id) || this.#has(user, DEFAULT)) return tags(user, clientId)
    if (this.#has(user)) return tags(user, '')
    if (this.#has(DEFAULT, id) || this.#has(DEFAULT, DEFAULT)) return tags(user, clientId)
    return this.#has(DEFAULT) ? tags(user, '') : tags('', clientId)
  }

  /** How much those may have together. */
  limitOf({ user, 'client-id': clientId }: QuotaTags): number {
    const id = sanitized(clientId)
    let keys: string[] = []
    if (user !== '' && clientId !== '') {
      keys = [keyOf(user, id), keyOf(user, DEFAULT), keyOf(DEFAULT, id), keyOf(DEFAULT, DEFAULT)]
    } else if (user !== '') keys = [keyOf(user), keyOf(DEFAULT)]
    else if (clientId !== '') keys = [keyOf(undefined, id), keyOf(undefined, DEFAULT)]
    const found = keys.find((key) => this.#bounds.has(key))
    return found === undefined ? UNLIMITED : (this.#bounds.get(found) as number)
  }

  #has(user: string, clientId?: string): boolean {
    return this.#bounds.has(keyOf(user, clientId))
  }

  #update(): void {
    this.#bounds = new Map()
    this.#levels = NONE
    for (const { entity, quotas } of this.#metadata.image.clientQuotas.values()) {
      const bound = quotas.get(this.#name)
      if (bound === undefined) continue
      const [user, clientId] = [partOf(entity, 'user'), partOf(entity, 'client-id')]
      this.#bounds.set(keyOf(user, clientId), bound)
      if (clientId === undefined) this.#levels |= USERS
      else this.#levels |= user === undefined ? CLIENT_IDS : PAIRS
    }
    this.#isEnabled = this.#levels !== NONE
    for (const listener of this.#listeners) listener()
  }
}

/** Of a cluster; its brokers share them. */
export type ClusterLimits = Readonly<Record<QuotaName, QuotaLimits>>

export function clusterLimits(metadata: Metadata): ClusterLimits {
  const limits = NAMES.map((name) => [name, new QuotaLimits(metadata, name)])
  return Object.fromEntries(limits) as ClusterLimits
}

function tags(user: string, clientId: string): QuotaTags {
  return { user, 'client-id': clientId }
}

/** Names are `sanitized`, so that none is taken for the default. */
function keyOf(user: string | undefined, clientId?: string): string {
  return `${user === undefined ? '' : `/users/${user}`}${clientId === undefined ? '' : `/clients/${clientId}`}`
}

function partOf(entity: ClientQuotas['entity'], type: string): string | undefined {
  const part = entity.find(({ entityType }) => entityType === type)
  if (part === undefined) return undefined
  return part.entityName === null ? DEFAULT : sanitized(part.entityName)
}

/** As `Sanitizer` makes names fit for metrics: `URLEncoder`, and of what that leaves or makes, `*` and `+` too. */
function sanitized(name: string): string {
  const encoded = encodeURIComponent(Buffer.from(name).toString())
  return encoded.replace(/[!'()*~]/g, (left) => `%${left.charCodeAt(0).toString(16).toUpperCase()}`)
}

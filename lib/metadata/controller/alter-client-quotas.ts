import { ErrorCode } from '../../../protocol/errors.ts'
import { javaHash } from '../../groups/java-hash.ts'
import { orderedEntity, QUOTA_ENTITY_TYPES, quotaEntityKey } from '../client-quotas.ts'
import type { MetadataImage } from '../image.ts'
import type { MetadataRecord, QuotaEntity } from '../records.ts'
import { ApiError, tooManyRecords } from './api-error.ts'

/** What is to become of an entity's quotas, as a request has it. */
export interface QuotaAlteration {
  readonly entity: QuotaEntity
  readonly ops: readonly { readonly key: string; readonly value: number; readonly remove: boolean }[]
}

/** What became of it; undefined: it was done. */
export interface QuotaOutcome {
  readonly entity: QuotaEntity
  readonly error: ApiError | undefined
}

type QuotaType = 'LONG' | 'INT' | 'DOUBLE'
type Values = ReadonlyMap<string, number | null>

/** Quotas of users and client ids, and of addresses (`QuotaConfig`). */
const RATES: ReadonlyMap<string, QuotaType> = new Map([
  ['producer_byte_rate', 'LONG'],
  ['consumer_byte_rate', 'LONG'],
  ['request_percentage', 'DOUBLE'],
  ['controller_mutation_rate', 'DOUBLE'],
])
const CONNECTIONS: ReadonlyMap<string, QuotaType> = new Map([['connection_creation_rate', 'INT']])

const LARGEST = { LONG: 2 ** 63, INT: 2 ** 31 - 1 }
const FRACTION = 1e-6

/**
 * Makes the records that change quotas (KIP-546, `ClientQuotaControlManager`).
 *
 * @param isHost whether there is such an address or host
 * @returns one outcome for each entity, though it was there twice; one error for all of them
 */
export function alterClientQuotas(
  image: MetadataImage,
  alterations: readonly QuotaAlteration[],
  isHost: (name: string) => boolean,
  records: MetadataRecord[],
): QuotaOutcome[] | ApiError {
  const outcomes = new Map<string, QuotaOutcome>()
  for (const { entity: parts, ops } of alterations) {
    const entity = orderedEntity(parts)
    const id = quotaEntityKey(entity)
    const values = new Map(inHashOrder(ops).map(({ key, value, remove }) => [key, remove ? null : value]))
    // Kafka takes a quota that is there twice for an entity that is.
    const again = outcomes.has(id) || values.size < ops.length
    const error = again ? invalid(`Ignoring duplicate entity ${shown(entity)}`) : alter(entity, values)
    outcomes.set(id, { entity, error })
  }
  return tooManyRecords(records) ?? [...outcomes.values()]

  function alter(entity: QuotaEntity, values: Values): ApiError | undefined {
    const fault = entityFault(entity, isHost) ?? valuesFault(entity, values)
    if (fault !== undefined) return fault
    const current = image.clientQuotas.get(quotaEntityKey(entity))?.quotas
    for (const [key, value] of values) {
      const before = current?.get(key)
      if (value === null ? before === undefined : Object.is(before, value)) continue
      records.push({ type: 'ClientQuotaRecord', entity, key, value })
    }
    return undefined
  }
}

function entityFault(entity: QuotaEntity, isHost: (name: string) => boolean): ApiError | undefined {
  if (entity.length === 0) return invalid('Invalid empty client quota entity')
  for (const { entityType, entityName } of entity) {
    if (!QUOTA_ENTITY_TYPES.includes(entityType))
      return invalid(`Unhandled client quota entity type: ${entityType}`)
    if (entityName === '') return invalid(`Empty ${entityType} not supported`)
  }
  if (!isOfAddress(entity)) return undefined
  if (entity.length > 1) {
    // Kafka forgets a space too.
    return invalid('Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId')
  }
  const ip = entity[0]?.entityName ?? null
  return ip === null || isHost(ip) ? undefined : invalid(`${ip} is not a valid IP or resolvable host.`)
}

function valuesFault(entity: QuotaEntity, values: Values): ApiError | undefined {
  const types = isOfAddress(entity) ? CONNECTIONS : RATES
  for (const [key, value] of values) {
    if (value === null) continue
    const type = types.get(key)
    if (type === undefined) return invalid(`Invalid configuration key ${key}`)
    if (!Number.isFinite(value)) return invalid(`Quota ${key} must be a finite number`)
    if (value <= 0) return invalid(`Quota ${key} must be greater than 0`)
    if (type === 'DOUBLE') continue
    if (value > LARGEST[type]) {
      return invalid(`Proposed value for ${key} is too large for ${type === 'INT' ? 'an INT' : 'a LONG'}.`)
    }
    if (value % 1 > FRACTION) return invalid(`${key} cannot be a fractional value.`)
  }
  return undefined
}

/** The order in which Java walks the map that these become: it says which fault is found first. */
function inHashOrder(ops: QuotaAlteration['ops']): QuotaAlteration['ops'] {
  let buckets = 1
  while (buckets < ops.length || ops.length > buckets * 0.75) buckets *= 2
  const bucketOf = (key: string) => {
    const hash = javaHash(key)
    return (hash ^ (hash >>> 16)) & (buckets - 1)
  }
  return [...ops].sort((a, b) => bucketOf(a.key) - bucketOf(b.key))
}

function isOfAddress(entity: QuotaEntity): boolean {
  return entity.some(({ entityType }) => entityType === 'ip')
}

function shown(entity: QuotaEntity): string {
  const parts = entity.map(({ entityType, entityName }) => `${entityType}=${entityName}`)
  return `ClientQuotaEntity(entries={${parts.join(', ')}})`
}

function invalid(message: string): ApiError {
  return new ApiError(ErrorCode.INVALID_REQUEST, message)
}

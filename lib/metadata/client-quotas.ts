import type { QuotaEntity } from './records.ts'

/** The quotas of one entity, at least one. */
export interface ClientQuotas {
  readonly entity: QuotaEntity
  /** By names such as `producer_byte_rate`. */
  readonly quotas: Map<string, number>
}

/** What quotas can be about, in the order in which Kafka's hash maps tell them. */
export const QUOTA_ENTITY_TYPES: readonly string[] = ['client-id', 'user', 'ip']

/** The parts in Kafka's order; of several of the same type the last. */
export function orderedEntity(entity: QuotaEntity): QuotaEntity {
  const parts = new Map(entity.map((part) => [part.entityType, part]))
  const place = (entityType: string) => QUOTA_ENTITY_TYPES.indexOf(entityType)
  return [...parts.values()].sort((a, b) => place(a.entityType) - place(b.entityType))
}

/** The same for the same entity. */
export function quotaEntityKey(entity: QuotaEntity): string {
  return JSON.stringify(orderedEntity(entity).map(({ entityType, entityName }) => [entityType, entityName]))
}

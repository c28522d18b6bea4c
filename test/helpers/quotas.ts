import type { Metadata } from '../../lib/metadata/metadata.ts'

/** By Kafka's types of entities; null is the default. */
export type Whose = Readonly<Record<string, string | null>>

/** Sets a quota, or takes it away. */
export function setQuota(metadata: Metadata, whose: Whose, key: string, value: number | null): void {
  const entity = Object.entries(whose).map(([entityType, entityName]) => ({ entityType, entityName }))
  metadata.commit([{ type: 'ClientQuotaRecord', entity, key, value }])
}

/** Somebody who makes requests. */
export function client(name: string, clientId: string | null = 'c') {
  return { session: { principal: { principalType: 'User', name } }, clientId }
}

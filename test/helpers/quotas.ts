import type { Metadata } from '../../lib/metadata/metadata.ts'

/** By Kafka's types of entities; null is the default. */
export type Whose = Readonly<Record<string, string | null>>

/** Quotas by Kafka's names; null takes one away. */
export type Quotas = Readonly<Record<string, number | null>>

export function entityOf(whose: Whose) {
  return Object.entries(whose).map(([entityType, entityName]) => ({ entityType, entityName }))
}

/** An entry of AlterClientQuotas. */
export function alteration(whose: Whose, quotas: Quotas) {
  const ops = Object.entries(quotas).map(([key, value]) => ({
    key,
    value: value ?? 0,
    remove: value === null,
  }))
  return { entity: entityOf(whose), ops }
}

/** Sets a quota, or takes it away. */
export function setQuota(metadata: Metadata, whose: Whose, key: string, value: number | null): void {
  metadata.commit([{ type: 'ClientQuotaRecord', entity: entityOf(whose), key, value }])
}

/** Somebody who makes requests. */
export function client(name: string, clientId: string | null = 'c') {
  return { session: { principal: { principalType: 'User', name } }, clientId }
}

import type { MetadataRecord } from './records.ts'

/** A feature of the cluster (KIP-584, KIP-1022): the levels that work here, and the one a new cluster is at. */
export interface Feature {
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
  readonly defaultLevel: number
}

/**
 * Only what works here may be listed: clients decide by it which protocols they speak. Levels are Kafka 4.4's
 * (`MetadataVersion`, `Feature`).
 */
export const FEATURES: readonly Feature[] = [
  { name: 'metadata.version', minVersion: 7, maxVersion: 33, defaultLevel: 33 },
]

/** What a cluster begins with. */
export function featureRecords(): MetadataRecord[] {
  return FEATURES.filter(({ defaultLevel }) => defaultLevel > 0).map(({ name, defaultLevel }) => ({
    type: 'FeatureLevelRecord',
    name,
    featureLevel: defaultLevel,
  }))
}

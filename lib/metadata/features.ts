import type { MetadataImage } from './image.ts'
import type { MetadataRecord } from './records.ts'

/** A feature of the cluster (KIP-584, KIP-1022): the levels that work here, and the one a new cluster is at. */
export interface Feature {
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
  readonly defaultLevel: number
}

export const METADATA_VERSION = 'metadata.version'
/** From level 1 on groups may speak the protocol of KIP-848. */
export const GROUP_VERSION = 'group.version'
export const TRANSACTION_VERSION = 'transaction.version'
/** From level 1 on there are share groups (KIP-932). */
export const SHARE_VERSION = 'share.version'
/** From level 1 on there are streams groups (KIP-1071). */
export const STREAMS_VERSION = 'streams.version'

/**
 * Only what works here may be listed: clients decide by it which protocols they speak. Levels are Kafka 4.4's
 * (`MetadataVersion`, `Feature`). None of these needs another one to be at some level.
 */
export const FEATURES: readonly Feature[] = [
  { name: METADATA_VERSION, minVersion: 7, maxVersion: 33, defaultLevel: 33 },
  { name: GROUP_VERSION, minVersion: 0, maxVersion: 1, defaultLevel: 1 },
  { name: TRANSACTION_VERSION, minVersion: 0, maxVersion: 2, defaultLevel: 2 },
  { name: SHARE_VERSION, minVersion: 0, maxVersion: 1, defaultLevel: 1 },
  { name: STREAMS_VERSION, minVersion: 0, maxVersion: 1, defaultLevel: 1 },
]

/** What a cluster begins with. */
export function featureRecords(): MetadataRecord[] {
  return FEATURES.filter(({ defaultLevel }) => defaultLevel > 0).map(({ name, defaultLevel }) => ({
    type: 'FeatureLevelRecord',
    name,
    featureLevel: defaultLevel,
  }))
}

/** The level that the cluster is at; 0 where the feature is switched off. */
export function featureLevel(image: MetadataImage, name: string): number {
  return image.features.get(name) ?? 0
}

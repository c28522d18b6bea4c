import { featureLevel, SHARE_VERSION } from '../metadata/features.ts'
import type { MetadataImage } from '../metadata/image.ts'

/** Whether there may be share groups: since Kafka 4.2 the cluster's `share.version` alone says so. */
export function areShareGroupsEnabled(image: MetadataImage): boolean {
  return featureLevel(image, SHARE_VERSION) >= 1
}

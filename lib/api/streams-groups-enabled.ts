import type { GroupCoordinatorConfig } from '../groups/config.ts'
import { featureLevel, STREAMS_VERSION } from '../metadata/features.ts'
import type { MetadataImage } from '../metadata/image.ts'

/** Whether there may be streams groups: the cluster's `streams.version` and the broker's config must say so. */
export function areStreamsGroupsEnabled(image: MetadataImage, config: GroupCoordinatorConfig): boolean {
  return (
    config.groupCoordinatorRebalanceProtocols.includes('streams') && featureLevel(image, STREAMS_VERSION) >= 1
  )
}

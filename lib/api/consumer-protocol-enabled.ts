import type { GroupCoordinatorConfig } from '../groups/config.ts'
import { featureLevel, GROUP_VERSION } from '../metadata/features.ts'
import type { MetadataImage } from '../metadata/image.ts'

/** Whether groups may speak the protocol of KIP-848: the cluster's `group.version` and the broker's configs allow it. */
export function isConsumerProtocolEnabled(image: MetadataImage, config: GroupCoordinatorConfig): boolean {
  return (
    config.groupCoordinatorRebalanceProtocols.includes('consumer') && featureLevel(image, GROUP_VERSION) >= 1
  )
}

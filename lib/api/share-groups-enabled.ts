import { ErrorCode } from '../../protocol/errors.ts'
import { featureLevel, SHARE_VERSION } from '../metadata/features.ts'
import type { MetadataImage } from '../metadata/image.ts'

/** Whether there may be share groups: since Kafka 4.2 the cluster's `share.version` alone says so. */
export function areShareGroupsEnabled(image: MetadataImage): boolean {
  return featureLevel(image, SHARE_VERSION) >= 1
}

/** Where there may not be any. */
export const SWITCHED_OFF = {
  errorCode: ErrorCode.UNSUPPORTED_VERSION,
  errorMessage: 'Share groups are switched off: share.version is 0.',
} as const

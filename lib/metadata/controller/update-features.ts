import { ErrorCode } from '../../../protocol/errors.ts'
import { FEATURES, featureLevel, METADATA_VERSION } from '../features.ts'
import type { MetadataImage } from '../image.ts'
import type { MetadataRecord } from '../records.ts'
import { ApiError } from './api-error.ts'

/** `FeatureUpdate.UpgradeType`'s codes. */
export const UpgradeType = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 } as const

const UPGRADE_TYPES = new Set<number>(Object.values(UpgradeType))

export interface FeatureUpdate {
  readonly feature: string
  /** 0 switches the feature off. */
  readonly maxVersionLevel: number
  readonly upgradeType: number
}

/** The lowest level that has the same metadata as the one a cluster is at (`MetadataVersion.didMetadataChange`). */
const METADATA_CHANGED_AT: readonly number[] = [33, 32, 30, 23, 17, 15, 14, 13, 11, 8, 7]

/**
 * Changes levels of features, all or none (`FeatureControlManager.updateFeatures`). Of several wishes for one feature the
 * last one counts.
 * @returns why none was changed
 */
export function updateFeatures(
  image: MetadataImage,
  updates: readonly FeatureUpdate[],
  nodeId: number,
  records: MetadataRecord[],
): ApiError | undefined {
  for (const update of new Map(updates.map((each) => [each.feature, each])).values()) {
    const fault = faultOf(image, update, nodeId)
    if (fault !== undefined) return new ApiError(ErrorCode.INVALID_UPDATE_VERSION, fault)
    records.push({
      type: 'FeatureLevelRecord',
      name: update.feature,
      featureLevel: update.maxVersionLevel,
    })
  }
  return undefined
}

function faultOf(image: MetadataImage, update: FeatureUpdate, nodeId: number): string | undefined {
  const { feature, maxVersionLevel: level, upgradeType } = update
  const current = featureLevel(image, feature)
  const invalid = (why: string) => `Invalid update version ${level} for feature ${feature}. ${why}`
  if (!UPGRADE_TYPES.has(upgradeType))
    return invalid('The controller does not support the given upgrade type.')
  if (level < 0) return invalid('A feature version cannot be less than 0.')
  const unsupported = reasonNotSupported(feature, level, nodeId)
  if (unsupported !== undefined) return invalid(unsupported)
  if (level < current && upgradeType === UpgradeType.UPGRADE) {
    return invalid(
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
    )
  }
  if (level > current && upgradeType !== UpgradeType.UPGRADE)
    return invalid("Can't downgrade to a newer version.")
  if (feature === METADATA_VERSION) return metadataDowngradeFault(current, level, upgradeType)
  return isKnown(feature) ? undefined : invalid(`Feature ${feature} not found.`)
}

function isKnown(name: string): boolean {
  return FEATURES.some((feature) => feature.name === name)
}

/** `QuorumFeatures.reasonNotSupported`: of what is not known, only level 0 is. */
function reasonNotSupported(name: string, level: number, nodeId: number): string | undefined {
  const feature = FEATURES.find((each) => each.name === name)
  const controller = `Local controller ${nodeId}`
  if (feature === undefined) {
    return level === 0 ? undefined : `${controller} does not support this feature.`
  }
  const { minVersion, maxVersion } = feature
  if (level >= minVersion && level <= maxVersion) return undefined
  return `${controller} only supports versions ${minVersion}-${maxVersion}`
}

/** What a newer version wrote into the metadata may be lost with an older one. */
function metadataDowngradeFault(current: number, level: number, upgradeType: number): string | undefined {
  if (level >= current || !METADATA_CHANGED_AT.some((changed) => changed > level && changed <= current)) {
    return undefined
  }
  const why =
    upgradeType === UpgradeType.UNSAFE_DOWNGRADE
      ? 'Unsafe metadata downgrade is not supported in this version.'
      : 'Refusing to perform the requested downgrade because it might delete metadata information.'
  return `Unsupported metadata.version downgrade from ${current} to ${level}. ${why}`
}

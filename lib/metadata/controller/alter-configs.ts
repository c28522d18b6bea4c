import { ErrorCode } from '../../../protocol/errors.ts'
import {
  type AlterableConfig,
  type AlterContext,
  type AlterOperation,
  type AlterResult,
  alterConfigs,
  DUPLICATE_RESOURCE,
  duplicateResources,
  incrementalAlterConfigs,
} from '../configs/alter.ts'
import type { ConfigError } from '../configs/config-error.ts'
import type { ConfigResource } from '../configs/resource-name.ts'
import { configRecord } from '../hidden.ts'
import type { MetadataImage } from '../image.ts'
import type { MetadataRecord } from '../records.ts'
import { ConfigResourceType } from '../records.ts'
import { ApiError, tooManyRecords } from './api-error.ts'

/** One resource whose configs are to change, all of them or some. */
export type AlteredResource = ConfigResource &
  (
    | { readonly configs: readonly AlterableConfig[]; readonly incremental: false }
    | { readonly configs: readonly AlterOperation[]; readonly incremental: true }
  )

/**
 * Makes the records that change configs.
 *
 * @param context of the broker that got the request: it looks at its own configs before the controller does
 * @returns for each resource, in order, why it was refused, undefined where it was not; one error for all of them
 */
export function alterResources(
  image: MetadataImage,
  resources: readonly AlteredResource[],
  context: AlterContext,
  records: MetadataRecord[],
): (ApiError | undefined)[] | ApiError {
  const repeated = duplicateResources(resources)
  const asking: AlterContext = { ...context, checkExistence: (resource) => missingResource(image, resource) }
  const results = resources.map((resource, index) => {
    if (repeated[index]) return apiError(DUPLICATE_RESOURCE)
    const result = alter(image, resource, asking)
    if (result.error) return apiError(result.error)
    const { resourceType, resourceName } = resource
    for (const { name, value } of result.changes) {
      records.push(configRecord({ resourceType, resourceName, name, value }))
    }
    return undefined
  })
  return tooManyRecords(records) ?? results
}

function alter(image: MetadataImage, resource: AlteredResource, context: AlterContext): AlterResult {
  const current = image.configsOf(resource.resourceType, resource.resourceName)
  if (resource.incremental) return incrementalAlterConfigs(resource, resource.configs, current, context)
  return alterConfigs(resource, resource.configs, current, context)
}

function apiError({ errorCode, message }: ConfigError): ApiError {
  return new ApiError(ErrorCode[errorCode], message)
}

/** `QuorumController.ConfigResourceExistenceChecker`: groups and client metrics need not be there. */
function missingResource(
  image: MetadataImage,
  { resourceType, resourceName }: ConfigResource,
): ConfigError | null {
  if (resourceType === ConfigResourceType.TOPIC && !image.topicsByName.has(resourceName)) {
    return {
      errorCode: 'UNKNOWN_TOPIC_OR_PARTITION',
      message: `The topic '${resourceName}' does not exist.`,
    }
  }
  if (resourceType === ConfigResourceType.BROKER && resourceName !== '') {
    if (!image.brokers.has(Number(resourceName))) {
      const message = `No node with id ${resourceName} found.`
      return { errorCode: 'BROKER_ID_NOT_REGISTERED', message }
    }
  }
  return null
}

// IncrementalAlterConfigs, versions 0 and 1. Changes single configs of a resource.
//
// Checks: resources that come twice, who may alter their configs, a broker other than this one, names, operations and values as Kafka does.
// Left out: loggers of brokers: they are Java's, so none of those named exists here.

import { ErrorCode } from '../../protocol/errors.ts'
import { incrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import type { RequestOf } from '../../protocol/schema.ts'
import { ALTER_OPERATIONS, DUPLICATE_RESOURCE, duplicateResources } from '../metadata/configs/alter.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { ConfigResourceType } from '../metadata/records.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import { alterRefusal, configRefusal, TO_ALTER } from './config-needs.ts'
import type { Parts } from './parts.ts'

type Resource = RequestOf<typeof incrementalAlterConfigs>['resources'][number]

export function createIncrementalAlterConfigsHandler({
  nodeId,
  controller,
}: Pick<Parts, 'nodeId' | 'controller'>): Handler {
  return guarded(incrementalAlterConfigs, Object.values(TO_ALTER), ({ resources, validateOnly }, context) => {
    const kept = resources.filter((resource) => !isLogger(resource))
    const results = controller.alterConfigs(
      nodeId,
      kept.map((resource) => ({ ...resource, incremental: true })),
      validateOnly,
      alterRefusal(context),
    )
    const repeated = duplicateResources(resources)
    let next = 0
    return {
      responses: resources.map((resource, index) => {
        const { resourceType, resourceName } = resource
        let error: ApiError | undefined
        if (isLogger(resource)) {
          error = repeated[index]
            ? DUPLICATE
            : (loggerRefusal(resource, context) ?? loggerFault(resource, nodeId))
        } else if (results instanceof ApiError) error = results
        else error = results[next++]
        return {
          resourceType,
          resourceName,
          errorCode: error?.errorCode,
          errorMessage: error?.errorMessage ?? null,
        }
      }),
    }
  })
}

const DUPLICATE = new ApiError(ErrorCode.INVALID_REQUEST, DUPLICATE_RESOURCE.message)

function isLogger({ resourceType }: Resource): boolean {
  return resourceType === ConfigResourceType.BROKER_LOGGER
}

/** Kafka says it without a word. */
function loggerRefusal(resource: Resource, context: RequestContext): ApiError | undefined {
  const refusal = configRefusal(context, TO_ALTER, resource)
  return refusal && new ApiError(refusal.errorCode, null)
}

/** `RuntimeLoggerManager`, of a broker that has no loggers. */
function loggerFault({ resourceName, configs }: Resource, nodeId: number): ApiError | undefined {
  const invalid = (message: string) => new ApiError(ErrorCode.INVALID_REQUEST, message)
  if (!/^[+-]?\d+$/.test(resourceName)) {
    return invalid(`Node id must be an integer, but it is: ${resourceName}`)
  }
  if (Number(resourceName) !== nodeId) {
    return invalid(`Unexpected node id. Expected ${nodeId}, but received ${resourceName}`)
  }
  for (const { name, configOperation } of configs) {
    if (configOperation === ALTER_OPERATIONS.APPEND || configOperation === ALTER_OPERATIONS.SUBTRACT) {
      const operation = configOperation === ALTER_OPERATIONS.APPEND ? 'APPEND' : 'SUBTRACT'
      return invalid(`${operation} operation is not allowed for the BROKER_LOGGER resource`)
    }
    return new ApiError(ErrorCode.INVALID_CONFIG, `Logger ${name} does not exist!`)
  }
  return undefined
}

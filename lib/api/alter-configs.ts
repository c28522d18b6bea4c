// AlterConfigs, versions 0 to 2. Replaces all configs of a resource: what is not named is unset.
//
// Checks: resources that come twice, who may alter their configs, a broker other than this one, names and values as Kafka does.
// Left out: nothing.

import { alterConfigs } from '../../protocol/messages/alter-configs.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { alterRefusal, TO_ALTER } from './config-needs.ts'
import type { Parts } from './parts.ts'

export function createAlterConfigsHandler({
  nodeId,
  controller,
}: Pick<Parts, 'nodeId' | 'controller'>): Handler {
  return guarded(alterConfigs, Object.values(TO_ALTER), ({ resources, validateOnly }, context) => {
    const errors = controller.alterConfigs(
      nodeId,
      resources.map((resource) => ({ ...resource, incremental: false })),
      validateOnly,
      alterRefusal(context),
    )
    return {
      responses: resources.map(({ resourceType, resourceName }, index) => {
        const error = errors instanceof ApiError ? errors : errors[index]
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

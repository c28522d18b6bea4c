// ListConfigResources, versions 0 and 1. Version 0 knew client metrics subscriptions only (ListClientMetricsResources).
//
// Checks: who may describe the cluster's configs; types that cannot be listed.
// Left out: nothing.

import { ErrorCode } from '../../protocol/errors.ts'
import { listConfigResources } from '../../protocol/messages/list-config-resources.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { ConfigResourceType } from '../metadata/records.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { DESCRIBE_CONFIGS_OF_CLUSTER, may } from '../security/authorization/needs.ts'
import { ListenerView } from './listener-view.ts'
import type { Parts } from './parts.ts'

const { GROUP, CLIENT_METRICS, BROKER_LOGGER, BROKER, TOPIC } = ConfigResourceType
const LISTED: readonly number[] = [GROUP, CLIENT_METRICS, BROKER_LOGGER, BROKER, TOPIC]

export function createListConfigResourcesHandler({ metadata }: Pick<Parts, 'metadata'>): Handler {
  const { image } = metadata
  return guarded(listConfigResources, [DESCRIBE_CONFIGS_OF_CLUSTER], (request, context) => {
    const { errorCode } = DESCRIBE_CONFIGS_OF_CLUSTER
    if (!may(context, DESCRIBE_CONFIGS_OF_CLUSTER)) return { errorCode }
    const { listenerName } = context.session
    const asked = context.apiVersion === 0 ? [CLIENT_METRICS] : request.resourceTypes
    if (asked.some((type) => !LISTED.includes(type))) return { errorCode: ErrorCode.UNSUPPORTED_VERSION }
    const types = LISTED.filter((type) => asked.length === 0 || asked.includes(type))
    return {
      configResources: types.flatMap((resourceType) =>
        namesOf(resourceType, image, listenerName).map((resourceName) => ({ resourceName, resourceType })),
      ),
    }
  })
}

function namesOf(resourceType: number, image: MetadataImage, listenerName: string): string[] {
  switch (resourceType) {
    case TOPIC:
      return [...image.topicsByName.keys()]
    case BROKER:
    case BROKER_LOGGER:
      return new ListenerView(image, listenerName).brokers().map(({ nodeId }) => String(nodeId))
    default:
      return image.configuredResources(resourceType)
  }
}

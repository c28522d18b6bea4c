// ApiVersions, versions 0 to 5. Tells which APIs are served, and which features the cluster has.
//
// Checks: what the client says of its software (v3, KIP-511); that it meant this very broker (v5).
// Left out: the answer to a version that is not served, which the network floor gives; the versions of controllers, which
// narrow a real broker's answer. `zkMigrationReady` is never set.

import { ErrorCode } from '../../protocol/errors.ts'
import { apiVersions } from '../../protocol/messages/api-versions.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { FEATURES } from '../metadata/features.ts'
import { type Handler, handler } from '../network/handler.ts'
import type { Parts } from './parts.ts'

const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

export function createApiVersionsHandler({
  metadata,
  nodeId,
  handlers,
}: Pick<Parts, 'metadata' | 'nodeId' | 'handlers'>): Handler {
  const { image } = metadata
  return handler(apiVersions, (request, { apiVersion, session }) => {
    if (!isValid(request, apiVersion)) return { errorCode: ErrorCode.INVALID_REQUEST }
    if (apiVersion >= 5 && request.clusterId !== null) {
      const meant = request.clusterId === image.clusterId && request.nodeId === nodeId
      if (!meant) return { errorCode: ErrorCode.REBOOTSTRAP_REQUIRED }
    }
    if (apiVersion >= 3) {
      session.clientSoftwareName = request.clientSoftwareName
      session.clientSoftwareVersion = request.clientSoftwareVersion
    }
    return {
      apiKeys: handlers().map(({ api, minVersion, maxVersion }) => ({
        apiKey: api.key,
        minVersion,
        maxVersion,
      })),
      supportedFeatures: supportedFeatures(apiVersion),
      finalizedFeaturesEpoch: image.version,
      finalizedFeatures: [...image.features].map(([name, level]) => ({
        name,
        minVersionLevel: level,
        maxVersionLevel: level,
      })),
    }
  })
}

/** `ApiVersionsRequest.isValid`. */
function isValid(request: RequestOf<typeof apiVersions>, version: number): boolean {
  if (version >= 5 && (request.clusterId === null) !== (request.nodeId === -1)) return false
  return (
    version < 3 || (SOFTWARE.test(request.clientSoftwareName) && SOFTWARE.test(request.clientSoftwareVersion))
  )
}

function supportedFeatures(version: number): ResponseOf<typeof apiVersions>['supportedFeatures'] {
  // Clients before v4 take a feature whose lowest level is 0 for an error (KAFKA-17011).
  const shown = version >= 4 ? FEATURES : FEATURES.filter(({ minVersion }) => minVersion > 0)
  return shown.map(({ name, minVersion, maxVersion }) => ({ name, minVersion, maxVersion }))
}

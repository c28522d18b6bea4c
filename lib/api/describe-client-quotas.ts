// DescribeClientQuotas, versions 0 and 1 (KIP-546). Of the quotas that are set, those of the entities that are asked for: by the
// parts that an entity must have, with a name, without one (the default) or either way, and no others where `strict`.
//
// Checks: DESCRIBE_CONFIGS on the cluster; then, as `ClientQuotasImage.describe`, each part of the filter and how they go together.

import { ErrorCode } from '../../protocol/errors.ts'
import { describeClientQuotas } from '../../protocol/messages/describe-client-quotas.ts'
import type { RequestOf } from '../../protocol/schema.ts'
import { type ClientQuotas, QUOTA_ENTITY_TYPES } from '../metadata/client-quotas.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import type { QuotaEntity } from '../metadata/records.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { DESCRIBE_CONFIGS_OF_CLUSTER, may } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'

type Component = RequestOf<typeof describeClientQuotas>['components'][number]

const MATCH_TYPES = ['EXACT', 'DEFAULT', 'SPECIFIED'] as const

/** What a part of an entity has to be; undefined: anything. */
type Filter = ReadonlyMap<string, string | null | undefined>

export function createDescribeClientQuotasHandler({ metadata }: Pick<Parts, 'metadata'>): Handler {
  return guarded(describeClientQuotas, [DESCRIBE_CONFIGS_OF_CLUSTER], ({ components, strict }, context) => {
    if (!may(context, DESCRIBE_CONFIGS_OF_CLUSTER)) {
      return { ...new ApiError(DESCRIBE_CONFIGS_OF_CLUSTER.errorCode, null), entries: null }
    }
    const filter = filterOf(components)
    if (filter instanceof ApiError) return { ...filter, entries: null }
    const all = [...metadata.image.clientQuotas.values()]
    // A strict filter of nothing is met by no entity, for each has at least one part.
    const found = all.filter(({ entity }) => {
      return isMetBy(filter, entity) && (!strict || entity.length === filter.size)
    })
    return { entries: found.map(described) }
  })
}

function filterOf(components: readonly Component[]): Filter | ApiError {
  const filter = new Map<string, string | null | undefined>()
  for (const { entityType, matchType, match } of components) {
    if (entityType === '') return invalid('Invalid empty entity type.')
    if (filter.has(entityType)) {
      return invalid(`Entity type ${entityType} cannot appear more than once in the filter.`)
    }
    if (!QUOTA_ENTITY_TYPES.includes(entityType)) {
      return new ApiError(ErrorCode.UNSUPPORTED_VERSION, `Unsupported entity type ${entityType}`)
    }
    const kind = MATCH_TYPES[matchType]
    if (kind === undefined) return invalid(`Unknown match type ${matchType}`)
    if (kind === 'EXACT' && match === null) {
      return invalid('Request specified MATCH_TYPE_EXACT, but set match string to null.')
    }
    if (kind !== 'EXACT' && match !== null) {
      return invalid(`Request specified MATCH_TYPE_${kind}, but also specified a match string.`)
    }
    filter.set(entityType, kind === 'SPECIFIED' ? undefined : match)
  }
  if (filter.has('ip') && filter.size > 1) {
    return invalid(
      'Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component.',
    )
  }
  return filter
}

function isMetBy(filter: Filter, entity: QuotaEntity): boolean {
  return [...filter].every(([type, match]) => {
    const part = entity.find(({ entityType }) => entityType === type)
    return part !== undefined && (match === undefined || part.entityName === match)
  })
}

function described({ entity, quotas }: ClientQuotas) {
  return {
    entity,
    values: [...quotas].map(([key, value]) => ({ key, value })),
  }
}

function invalid(message: string): ApiError {
  return new ApiError(ErrorCode.INVALID_REQUEST, message)
}

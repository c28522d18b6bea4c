// AlterClientQuotas, versions 0 and 1 (KIP-546). What is set counts from the next request on.
//
// Checks: ALTER_CONFIGS on the cluster, for all entities; then each entity by itself, as `ClientQuotaControlManager` does: what
// it is made of, the host of an address, names and values of its quotas. An entity or a quota that is there twice is refused.

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { alterClientQuotas } from '../../protocol/messages/alter-client-quotas.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import {
  alterClientQuotas as alter,
  type QuotaAlteration,
} from '../metadata/controller/alter-client-quotas.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { ALTER_CONFIGS_OF_CLUSTER, may } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'

type Response = ResponseOf<typeof alterClientQuotas>

export function createAlterClientQuotasHandler({ metadata }: Pick<Parts, 'metadata'>): Handler {
  return guarded(alterClientQuotas, [ALTER_CONFIGS_OF_CLUSTER], (request, context) => {
    const { entries } = request
    if (!may(context, ALTER_CONFIGS_OF_CLUSTER)) {
      return refused(entries, new ApiError(ALTER_CONFIGS_OF_CLUSTER.errorCode))
    }
    const names = hostNames(entries)
    if (names.length === 0) return change(request, isAddress)
    return known(names).then((hosts) => change(request, (name) => isAddress(name) || hosts.has(name)))
  })

  function change(
    { entries, validateOnly }: RequestOf<typeof alterClientQuotas>,
    isHost: (name: string) => boolean,
  ): Response {
    const records: MetadataRecord[] = []
    const outcomes = alter(metadata.image, entries, isHost, records)
    if (outcomes instanceof ApiError) return refused(entries, outcomes)
    if (!validateOnly) metadata.commit(records)
    return {
      entries: outcomes.map(({ entity, error }) => {
        return { entity, errorCode: error?.errorCode, errorMessage: error?.errorMessage ?? null }
      }),
    }
  }
}

function refused(entries: readonly QuotaAlteration[], error: ApiError): Response {
  return { entries: entries.map(({ entity }) => ({ entity, ...error })) }
}

function isAddress(name: string): boolean {
  return isIP(name) !== 0
}

/** What may be the name of a host among the entities. */
function hostNames(entries: readonly QuotaAlteration[]): string[] {
  const names = entries.flatMap(({ entity }) =>
    entity.filter(({ entityType }) => entityType === 'ip').map(({ entityName }) => entityName),
  )
  return names.filter((name): name is string => name !== null && name !== '' && !isAddress(name))
}

/** Those of them that there are. */
async function known(names: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await Promise.allSettled(names.map((name) => lookup(name).then(() => name)))
  return new Set(found.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])))
}

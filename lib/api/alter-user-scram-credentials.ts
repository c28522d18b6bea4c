// AlterUserScramCredentials, version 0 (KIP-554). The client sends the password salted; what is kept is derived here.
//
// Checks: who may alter the cluster; then, as `ScramControlManager`, that each user is changed once in a request; names, mechanisms, iterations; that what is
// to be deleted is there. Each user's change is made or refused by itself.

import { ErrorCode } from '../../protocol/errors.ts'
import { alterUserScramCredentials } from '../../protocol/messages/alter-user-scram-credentials.ts'
import type { RequestOf } from '../../protocol/schema.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { ALTER_CLUSTER } from '../security/authorization/needs.ts'
import {
  LEAST_ITERATIONS,
  MOST_ITERATIONS,
  scramCredential,
  scramMechanismOf,
} from '../security/scram/formatter.ts'
import { clusterRefusal } from './cluster-refusal.ts'
import type { Parts } from './parts.ts'

type Wish = RequestOf<typeof alterUserScramCredentials>

export function createAlterUserScramCredentialsHandler({ metadata }: Pick<Parts, 'metadata'>): Handler {
  return guarded(alterUserScramCredentials, [ALTER_CLUSTER], ({ deletions, upsertions }, context) => {
    const refusal = clusterRefusal(context, ALTER_CLUSTER)
    if (refusal) {
      const users = new Set([...deletions, ...upsertions].map(({ name }) => name))
      return { results: [...users].sort().map((user) => ({ user, ...refusal })) }
    }
    const outcomes = new Map<string, MetadataRecord | ApiError>()
    const settle = (name: string, outcome: () => MetadataRecord | ApiError) => {
      const before = outcomes.get(name)
      if (before === undefined) outcomes.set(name, outcome())
      else if (!(before instanceof ApiError)) outcomes.set(name, TWICE)
    }
    for (const deletion of deletions) settle(deletion.name, () => remove(metadata.image, deletion))
    for (const upsertion of upsertions) settle(upsertion.name, () => upsert(upsertion))
    metadata.commit(
      [...outcomes.values()].filter((outcome): outcome is MetadataRecord => !(outcome instanceof ApiError)),
    )
    const results = [...outcomes].map(([user, outcome]) => {
      if (!(outcome instanceof ApiError)) return { user, errorMessage: null }
      const { errorCode, errorMessage } = outcome
      return { user, errorCode, errorMessage }
    })
    return { results }
  })
}

const TWICE = new ApiError(
  ErrorCode.DUPLICATE_RESOURCE,
  'A user credential cannot be altered twice in the same request',
)

function remove(
  image: MetadataImage,
  { name, mechanism }: Wish['deletions'][number],
): MetadataRecord | ApiError {
  const fault = identityFault(name, mechanism)
  if (fault) return fault
  if (!image.scramCredentials.get(name)?.has(mechanism)) {
    return new ApiError(
      ErrorCode.RESOURCE_NOT_FOUND,
      'Attempt to delete a user credential that does not exist',
    )
  }
  return { type: 'RemoveUserScramCredentialRecord', name, mechanism }
}

function upsert(wish: Wish['upsertions'][number]): MetadataRecord | ApiError {
  const { name, mechanism: type, iterations, salt, saltedPassword } = wish
  const fault = identityFault(name, type)
  const mechanism = scramMechanismOf(type)
  if (fault || mechanism === undefined) return fault ?? UNKNOWN_MECHANISM
  if (iterations < LEAST_ITERATIONS) return unacceptable('Too few iterations')
  if (iterations > MOST_ITERATIONS) return unacceptable('Too many iterations')
  const credential = scramCredential(mechanism, saltedPassword, salt, iterations)
  return { type: 'UserScramCredentialRecord', name, mechanism: type, ...credential }
}

const UNKNOWN_MECHANISM = new ApiError(ErrorCode.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism')

function identityFault(name: string, mechanism: number): ApiError | undefined {
  if (name === '') return unacceptable('Username must not be empty')
  return scramMechanismOf(mechanism) === undefined ? UNKNOWN_MECHANISM : undefined
}

function unacceptable(message: string): ApiError {
  return new ApiError(ErrorCode.UNACCEPTABLE_CREDENTIAL, message)
}

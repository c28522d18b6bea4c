// DescribeUserScramCredentials, version 0 (KIP-554). Tells of which users there are SCRAM credentials, never what they are.
//
// Checks: who may describe the cluster; then, as `ScramImage.describe`, that no user is asked for twice; that the user has credentials.

import { ErrorCode } from '../../protocol/errors.ts'
import { describeUserScramCredentials } from '../../protocol/messages/describe-user-scram-credentials.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { DESCRIBE_CLUSTER, may } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'

type Result = NonNullable<ResponseOf<typeof describeUserScramCredentials>['results']>[number]

export function createDescribeUserScramCredentialsHandler({ metadata }: Pick<Parts, 'metadata'>): Handler {
  return guarded(describeUserScramCredentials, [DESCRIBE_CLUSTER], ({ users }, context) => {
    if (!may(context, DESCRIBE_CLUSTER)) {
      const refused = new ApiError(DESCRIBE_CLUSTER.errorCode, null)
      return { ...refused, results: (users ?? []).map(() => ({ user: '', ...refused })) }
    }
    const everybody = users === null || users.length === 0
    const asked = everybody ? [...metadata.image.scramCredentials.keys()] : users.map(({ name }) => name)
    const results = [...new Set(asked)].map((user) => {
      if (asked.indexOf(user) !== asked.lastIndexOf(user)) return twice(user)
      const credentials = metadata.image.scramCredentials.get(user)
      if (credentials === undefined) return missing(user)
      const credentialInfos = [...credentials.values()].map(({ mechanism, iterations }) => ({
        mechanism,
        iterations,
      }))
      return { user, credentialInfos }
    })
    return { results }
  })
}

function twice(user: string): Result {
  const errorMessage = `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`
  return { user, errorCode: ErrorCode.DUPLICATE_RESOURCE, errorMessage }
}

function missing(user: string): Result {
  const errorMessage = `Attempt to describe a user credential that does not exist: ${user}`
  return { user, errorCode: ErrorCode.RESOURCE_NOT_FOUND, errorMessage }
}

// CreatePartitions, versions 0 to 3. Every broker takes it and hands it to the controller.
//
// Checks: names that come twice, who may alter the topics, then what `createPartitions` of the controller checks.
// Quotas of the controller (KIP-599) refuse topics from v3 on; before, whoever has used them up only waits.
// Left out: the timeout, since partitions are there when the answer is sent.

import { ErrorCode } from '../../protocol/errors.ts'
import { createPartitions } from '../../protocol/messages/create-partitions.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { ALTER_TOPIC, may } from '../security/authorization/needs.ts'
import { once } from './duplicates.ts'
import type { Parts } from './parts.ts'

const QUOTAS_REFUSE_SINCE = 3

type Result = NonNullable<ResponseOf<typeof createPartitions>['results']>[number]

export function createCreatePartitionsHandler({ controller }: Pick<Parts, 'controller'>): Handler {
  return guarded(createPartitions, [ALTER_TOPIC], ({ topics, validateOnly }, context) => {
    const { single, repeated } = once(topics, ({ name }) => name)
    const allowed = single.filter(({ name }) => may(context, ALTER_TOPIC, name))
    const quota = context.usage?.forwarded(context.apiVersion >= QUOTAS_REFUSE_SINCE)
    const errors = controller.createPartitions(allowed, validateOnly, quota)
    if (errors instanceof ApiError) return { results: topics.map(({ name }) => result(name, errors)) }
    const refused = new ApiError(ALTER_TOPIC.errorCode, null)
    const duplicate = new ApiError(ErrorCode.INVALID_REQUEST, 'Duplicate topic name.')
    return {
      results: [
        ...repeated.map((name) => result(name, duplicate)),
        ...single.filter((topic) => !allowed.includes(topic)).map(({ name }) => result(name, refused)),
        ...allowed.map(({ name }, index) => result(name, errors[index])),
      ],
    }
  })
}

function result(name: string, error: ApiError | undefined): Result {
  return error ? { name, errorCode: error.errorCode, errorMessage: error.errorMessage } : { name }
}

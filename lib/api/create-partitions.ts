// CreatePartitions, versions 0 to 3. Every broker takes it and hands it to the controller.
//
// Checks: names that come twice, then what `createPartitions` of the controller checks.
// Left out: the timeout, since partitions are there when the answer is sent; quotas of the controller (KIP-599).

import { ErrorCode } from '../../protocol/errors.ts'
import { createPartitions } from '../../protocol/messages/create-partitions.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { type Handler, handler } from '../network/handler.ts'
import { once } from './duplicates.ts'
import type { Parts } from './parts.ts'

type Result = NonNullable<ResponseOf<typeof createPartitions>['results']>[number]

export function createCreatePartitionsHandler({ controller }: Pick<Parts, 'controller'>): Handler {
  return handler(createPartitions, ({ topics, validateOnly }) => {
    const { single, repeated } = once(topics, ({ name }) => name)
    const errors = controller.createPartitions(single, validateOnly)
    if (errors instanceof ApiError) return { results: topics.map(({ name }) => result(name, errors)) }
    const duplicate = new ApiError(ErrorCode.INVALID_REQUEST, 'Duplicate topic name.')
    return {
      results: [
        ...repeated.map((name) => result(name, duplicate)),
        ...single.map(({ name }, index) => result(name, errors[index])),
      ],
    }
  })
}

function result(name: string, error: ApiError | undefined): Result {
  return error ? { name, errorCode: error.errorCode, errorMessage: error.errorMessage } : { name }
}

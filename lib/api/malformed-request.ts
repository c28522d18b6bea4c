import { ErrorCode } from '../../protocol/errors.ts'
import { ApiError } from '../metadata/controller/api-error.ts'

/** What brokers say when a request makes no sense and there is nothing more special to say. */
export const MALFORMED_REQUEST = new ApiError(
  ErrorCode.INVALID_REQUEST,
  'This most likely occurs because of a request being malformed by the client library or the message was sent to an ' +
    'incompatible broker. See the broker logs for more details.',
)

import { api, bytes, int16, int32, int64 } from '../schema.ts'

export const expireDelegationToken = api({
  key: 40,
  name: 'ExpireDelegationToken',
  versions: '0-2',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  request: {
    hmac: bytes('0+'),
    expiryTimePeriodMs: int64('0+'),
  },
  response: {
    errorCode: int16('0+'),
    expiryTimestampMs: int64('0+'),
    throttleTimeMs: int32('0+'),
  },
})

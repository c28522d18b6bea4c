import { int64, message } from '../schema.ts'

/** One entry of a transaction index file (`.txnindex`), behind the int16 of its version. */
export const abortedTxn = message(
  'AbortedTxn',
  { versions: '0', flexible: 'none' },
  {
    producerId: int64('0+'),
    firstOffset: int64('0+'),
    lastOffset: int64('0+'),
    lastStableOffset: int64('0+'),
  },
)

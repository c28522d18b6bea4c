import { int32, message } from '../schema.ts'

/** The value of a transaction marker (control types ABORT and COMMIT), behind the int16 of its version. */
export const endTxnMarker = message(
  'EndTxnMarker',
  { versions: '0', flexible: 'none' },
  {
    coordinatorEpoch: int32('0+'),
  },
)

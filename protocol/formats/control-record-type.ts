import { int16, message } from '../schema.ts'

/** The key of a control record, behind the int16 of its version: which kind of control record this is. */
export const controlRecordType = message(
  'ControlRecordTypeSchema',
  { versions: '0', flexible: 'none' },
  {
    type: int16('0+'),
  },
)

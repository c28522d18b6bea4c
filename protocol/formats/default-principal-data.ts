import { bool, message, string } from '../schema.ts'

/** A principal as forwarded in an Envelope request (`DefaultKafkaPrincipalBuilder`), behind the int16 of its version. */
export const defaultPrincipalData = message(
  'DefaultPrincipalData',
  { versions: '0', flexible: '0+' },
  {
    type: string('0+'),
    name: string('0+'),
    tokenAuthenticated: bool('0+'),
  },
)

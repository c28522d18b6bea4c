/** Whom a certificate is about, written as Java writes it: Kafka's principals and mapping rules are made of that text. */
import { type DerValue, derOid, derValues, SEQUENCE } from './der.ts'

/** The attributes that RFC 2253 has names for; Java writes all others as numbers, and then their values in hex. */
const KEYWORDS: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
}

/**
 * UTF8String, PrintableString, T61String, IA5String, GeneralString, UniversalString and BMPString. Java reads each as
 * UTF-8, whatever it is; values of other types are written in hex.
 */
const TEXT_TAGS: ReadonlySet<number> = new Set([12, 19, 20, 22, 27, 28, 30])

const VERSION_TAG = 0xa0
/** Where the subject stands among the fields of a certificate that has told its version. */
const SUBJECT = 5

/**
 * The subject of a certificate as `X500Principal.getName()` gives it (RFC 2253, the last part first).
 * @param certificate in DER
 * @throws RangeError for what is not a certificate
 */
export function subjectOf(certificate: Buffer): string {
  const [outer] = derValues(certificate)
  const [signed] = outer ? derValues(outer.content) : []
  const fields = signed ? derValues(signed.content) : []
  const subject = fields[fields[0]?.tag === VERSION_TAG ? SUBJECT : SUBJECT - 1]
  if (subject?.tag !== SEQUENCE) throw new RangeError('a certificate has no subject')
  const names = derValues(subject.content).map(({ content }) => derValues(content).map(attribute).join('+'))
  return names.reverse().join(',')
}

function attribute({ content }: DerValue): string {
  const [type, value] = derValues(content) as [DerValue, DerValue]
  const oid = derOid(type.content)
  const keyword = KEYWORDS[oid]
  if (keyword === undefined || !TEXT_TAGS.has(value.tag)) {
    return `${keyword ?? oid}=#${value.encoded.toString('hex')}`
  }
  return `${keyword}=${escaped(value.content.toString('utf8'))}`
}

/** More than RFC 2253 asks for, as Java's `AVA` has it: `=` and `#` are escaped wherever they stand. */
function escaped(text: string): string {
  return text
    .replace(/[,=+<>#;"\\]/g, '\\$&')
    .replaceAll('\0', '\\00')
    .replace(/^[ \r]+|[ \r]+$/g, (blanks) => blanks.replace(/[ \r]/g, '\\$&'))
}

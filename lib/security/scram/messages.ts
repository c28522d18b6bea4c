// The client's two messages of RFC 5802, as narrow as Kafka takes them (`ScramMessages`): ASCII, no channel binding.

const VALUE = '[\\x01-\\x2b\\x2d-\\x7f]+'
const SASL_NAME = '(?:[\\x01-\\x2b\\x2d-\\x3c\\x3e-\\x7f]|=2C|=3D)+'
const PRINTABLE = '[\\x21-\\x2b\\x2d-\\x7e]+'
const BASE64 = '(?:[a-zA-Z0-9/+]{4})*(?:[a-zA-Z0-9/+]{3}=|[a-zA-Z0-9/+]{2}==)?'
const EXTENSIONS = `(?:,[A-Za-z]+=${VALUE})*`

const CLIENT_FIRST = new RegExp(
  `^n,(?:a=(?<authzid>${SASL_NAME}))?,(?<bare>(?:m=${VALUE},)?n=(?<name>${SASL_NAME}),r=(?<nonce>${PRINTABLE})(?<extensions>${EXTENSIONS}))$`,
)
const CLIENT_FINAL = new RegExp(
  `^(?<unsigned>c=${BASE64},r=(?<nonce>${PRINTABLE}))${EXTENSIONS},p=(?<proof>${BASE64})$`,
)

export interface ClientFirst {
  /** Empty where the client names none. */
  readonly authorizationId: string
  readonly username: string
  readonly nonce: string
  /** Whether it says that its name and password are those of a delegation token (KIP-48). */
  readonly isToken: boolean
  /** What both sides sign of it. */
  readonly bare: string
}

export interface ClientFinal {
  readonly nonce: string
  readonly proof: Buffer
  /** What of it is signed; Kafka leaves the extensions out, against RFC 5802. */
  readonly unsigned: string
}

export function readClientFirst(token: Buffer): ClientFirst | undefined {
  const groups = CLIENT_FIRST.exec(token.toString('utf8'))?.groups
  if (groups === undefined) return undefined
  const { authzid = '', name = '', nonce = '', extensions = '', bare = '' } = groups
  const isToken = /,tokenauth=true(?:,|$)/i.test(extensions)
  return { authorizationId: unescaped(authzid), username: unescaped(name), nonce, isToken, bare }
}

export function readClientFinal(token: Buffer): ClientFinal | undefined {
  const groups = CLIENT_FINAL.exec(token.toString('utf8'))?.groups
  if (groups === undefined) return undefined
  const { nonce = '', proof = '', unsigned = '' } = groups
  return { nonce, proof: Buffer.from(proof, 'base64'), unsigned }
}

function unescaped(name: string): string {
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

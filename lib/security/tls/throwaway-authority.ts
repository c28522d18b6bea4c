import { KeyObject, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import type { Extension, JsonGeneralName, JsonNameParams, Name } from '@peculiar/x509'
import { RealClock } from '../../lab/clock.ts'
import { RealRandom, randomUuid } from '../../lab/random.ts'

const DAY_MS = 86_400_000
/** Peers whose clocks are behind ours, as those of virtual machines are, have to find the certificate valid too. */
const SLACK_MS = DAY_MS
const VALID_MS = 3650 * DAY_MS

/** What a certificate is to say. */
export interface CertificateRequest {
  readonly commonName: string
  readonly organizationalUnit?: string | undefined
  readonly organization?: string | undefined
  /** Two letters. */
  readonly country?: string | undefined
  /** Names and addresses of the server that it is for. */
  readonly hosts?: readonly string[] | undefined
  /** From when it is valid, in milliseconds since 1970. Default: a day ago. */
  readonly notBefore?: number | undefined
  /** Until when it is valid, in milliseconds since 1970. Default: in ten years. */
  readonly notAfter?: number | undefined
}

/** A certificate and its key, as PEM. */
export interface IssuedCertificate {
  readonly key: string
  readonly cert: string
}

type X509 = typeof import('@peculiar/x509')
type KeyPair = webcrypto.CryptoKeyPair

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const SERIAL_BYTES = 16

/** An authority that nobody knows: made when a cluster starts, for its own certificates and those of its clients. */
export class ThrowawayAuthority {
  /** Its certificate, as PEM: what clients have to trust. */
  readonly ca: string
  readonly #x509: X509
  readonly #name: Name
  readonly #keys: KeyPair

  private constructor(x509: X509, name: Name, keys: KeyPair, ca: string) {
    this.#x509 = x509
    this.#name = name
    this.#keys = keys
    this.ca = ca
  }

  static async create(): Promise<ThrowawayAuthority> {
    // Takes longer to load than to do its work, so only those who have listeners with TLS wait for it.
    const x509 = await import('@peculiar/x509')
    // A name of its own: clients that trust two authorities of the same name try one of them.
    const commonName = `josephk throw-away CA ${randomUuid(new RealRandom())}`
    const name = new x509.Name(subject({ commonName }))
    const keys = await makeKeys()
    const ca = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serialNumber(),
      name,
      ...validity({}),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        ...(await keyIdentifiers(x509, keys, keys)),
      ],
    })
    return new ThrowawayAuthority(x509, name, keys, pem(ca.toString('pem')))
  }

  /** A certificate that this authority vouches for, for a client, or for a server where `hosts` are given. */
  async issue(request: CertificateRequest): Promise<IssuedCertificate> {
    const x509 = this.#x509
    const hosts = request.hosts ?? []
    const keys = await makeKeys()
    const { clientAuth, serverAuth } = x509.ExtendedKeyUsage
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: new x509.Name(subject(request)),
      issuer: this.#name,
      ...validity(request),
      signingAlgorithm: ALGORITHM,
      signingKey: this.#keys.privateKey,
      publicKey: keys.publicKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(hosts.length > 0 ? [clientAuth, serverAuth] : [clientAuth]),
        ...(await keyIdentifiers(x509, keys, this.#keys)),
        ...(hosts.length > 0 ? [new x509.SubjectAlternativeNameExtension(hosts.map(altName))] : []),
      ],
    })
    return { key: privateKey(keys), cert: pem(certificate.toString('pem')) }
  }
}

function makeKeys(): Promise<KeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

function privateKey({ privateKey }: KeyPair): string {
  return KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' }) as string
}

/** Which keys sign and are signed: without, strict verifiers (RFC 5280; Python's from 3.13 on) believe no certificate. */
async function keyIdentifiers(x509: X509, own: KeyPair, signing: KeyPair): Promise<Extension[]> {
  return [
    await x509.SubjectKeyIdentifierExtension.create(own.publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(signing.publicKey),
  ]
}

/** A positive number that no other certificate has. */
function serialNumber(): string {
  const bytes = new RealRandom().bytes(SERIAL_BYTES)
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40
  return bytes.toString('hex')
}

/** Ends its last line, so that PEM can be put behind PEM: a key and its certificates in one file. */
function pem(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}

function validity({ notBefore, notAfter }: Partial<CertificateRequest>) {
  // Real time even where a test holds the clock: peers compare with their machine's.
  const now = new RealClock().now()
  return { notBefore: date(notBefore ?? now - SLACK_MS), notAfter: date(notAfter ?? now + VALID_MS) }
}

// biome-ignore-start lint/style/noRestrictedGlobals: a form of a given time, not a source of it
function date(ms: number): Date {
  return new Date(ms)
}
// biome-ignore-end lint/style/noRestrictedGlobals: see above

function subject({ country, organization, organizationalUnit, commonName }: CertificateRequest) {
  // Told what they are: the library would look for quotes, escapes and hexadecimal in a bare text.
  const parts: JsonNameParams = []
  if (country !== undefined) parts.push({ C: [{ printableString: country }] })
  for (const [name, utf8String] of [
    ['O', organization],
    ['OU', organizationalUnit],
    ['CN', commonName],
  ] as const) {
    if (utf8String !== undefined) parts.push({ [name]: [{ utf8String }] })
  }
  return parts
}

function altName(host: string): JsonGeneralName {
  // Names beyond ASCII stand in certificates as they do in DNS.
  return isIP(host) === 0 ? { type: 'dns', value: domainToASCII(host) || host } : { type: 'ip', value: host }
}

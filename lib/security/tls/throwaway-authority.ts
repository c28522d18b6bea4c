import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
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

type Selfsigned = typeof import('selfsigned')

/** An authority that nobody knows: made when a cluster starts, for its own certificates and those of its clients. */
export class ThrowawayAuthority {
  /** Its certificate, as PEM: what clients have to trust. */
  readonly ca: string
  readonly #key: string
  readonly #selfsigned: Selfsigned

  private constructor(selfsigned: Selfsigned, { key, cert }: IssuedCertificate) {
    this.ca = cert
    this.#key = key
    this.#selfsigned = selfsigned
  }

  static async create(): Promise<ThrowawayAuthority> {
    // Takes longer to load than to do its work, so only those who have listeners with TLS wait for it.
    const selfsigned = await import('selfsigned')
    // A name of its own: clients that trust two authorities of the same name try one of them.
    const commonName = `josephk throw-away CA ${randomUuid(new RealRandom())}`
    const { cert, private: key } = await selfsigned.generate([{ name: 'commonName', value: commonName }], {
      ...ALGORITHMS,
      ...validity({}),
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      ],
    })
    return new ThrowawayAuthority(selfsigned, { key, cert })
  }

  /** A certificate that this authority vouches for, for a client, or for a server where `hosts` are given. */
  async issue(request: CertificateRequest): Promise<IssuedCertificate> {
    const hosts = request.hosts ?? []
    const { cert, private: key } = await this.#selfsigned.generate(subject(request), {
      ...ALGORITHMS,
      ...validity(request),
      ca: { key: this.#key, cert: this.ca },
      extensions: [
        { name: 'basicConstraints', cA: false, critical: true },
        { name: 'keyUsage', digitalSignature: true, critical: true },
        { name: 'extKeyUsage', clientAuth: true, serverAuth: hosts.length > 0 },
        ...(hosts.length === 0 ? [] : [{ name: 'subjectAltName' as const, altNames: hosts.map(altName) }]),
      ],
    })
    return { key, cert }
  }
}

const ALGORITHMS = { algorithm: 'sha256', keyType: 'ec' } as const

function validity({ notBefore, notAfter }: Partial<CertificateRequest>) {
  // Real time even where a test holds the clock: peers compare with their machine's.
  const now = new RealClock().now()
  return {
    notBeforeDate: date(notBefore ?? now - SLACK_MS),
    notAfterDate: date(notAfter ?? now + VALID_MS),
  }
}

// biome-ignore-start lint/style/noRestrictedGlobals: a form of a given time, not a source of it
function date(ms: number): Date {
  return new Date(ms)
}
// biome-ignore-end lint/style/noRestrictedGlobals: see above

function subject({ country, organization, organizationalUnit, commonName }: CertificateRequest) {
  const parts = [
    ['countryName', country],
    ['organizationName', organization],
    ['OU', organizationalUnit],
    ['commonName', commonName],
  ] as const
  return parts.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value: quoted(value) }]))
}

/** The library puts the parts into one text, which is then read again. */
function quoted(value: string): string {
  return value.replace(/[,+"\\<>;=#]/g, '\\$&').replace(/^ | $/g, '\\ ')
}

function altName(host: string) {
  // Names beyond ASCII stand in certificates as they do in DNS.
  return isIP(host) === 0
    ? ({ type: 2, value: domainToASCII(host) || host } as const)
    : ({ type: 7, ip: host } as const)
}

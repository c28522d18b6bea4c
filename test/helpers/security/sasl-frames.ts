import { ErrorCode } from '../../../protocol/errors.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { saslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../../protocol/messages/sasl-handshake.ts'
import type { Api } from '../../../protocol/schema.ts'
import { requestBytes } from '../network.ts'

const SOFTWARE = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
const BAD_SOFTWARE = { clientSoftwareName: '-', clientSoftwareVersion: '1' }

export interface Frame {
  readonly bytes: Buffer
  /** What its answer is read as, in which version. */
  readonly api: Api
  readonly version: number
}

function request<A extends Api>(api: A, version: number, body: Parameters<typeof requestBytes<A>>[2]): Frame {
  return { bytes: requestBytes(api, version, body), api, version }
}

function raw(hex: string, api: Api = metadata, version = 0): Frame {
  const body = Buffer.from(hex, 'hex')
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return { bytes: Buffer.concat([size, body]), api, version }
}

const token = (password: string) => ({ authBytes: Buffer.from(`\0alice\0${password}`) })

/** One of each kind that a listener with SASL may meet. */
export const FRAMES = {
  ApiVersions: request(apiVersions, 3, SOFTWARE),
  'ApiVersions of the future': raw('00127fff0000000100000000', apiVersions),
  'ApiVersions of a bad software': request(apiVersions, 3, BAD_SOFTWARE),
  'ApiVersions without a body': raw('0012000300000001ffff00'),
  'SaslHandshake v0': request(saslHandshake, 0, { mechanism: 'PLAIN' }),
  'SaslHandshake v1': request(saslHandshake, 1, { mechanism: 'PLAIN' }),
  'SaslHandshake, not offered': request(saslHandshake, 1, { mechanism: 'GSSAPI' }),
  'SaslHandshake v2': raw('0011000200000001ffff0005504c41494e'),
  'SaslHandshake without a body': raw('0011000100000001ffff'),
  'SaslAuthenticate v0': request(saslAuthenticate, 0, token('secret')),
  'SaslAuthenticate v1': request(saslAuthenticate, 1, token('secret')),
  'SaslAuthenticate v2': request(saslAuthenticate, 2, token('secret')),
  'SaslAuthenticate, wrong': request(saslAuthenticate, 2, token('wrong')),
  'SaslAuthenticate v3': raw('0024000300000001ffff0000'),
  'SaslAuthenticate without a body': raw('0024000100000001ffff'),
  Metadata: request(metadata, 13, {}),
  'Metadata of the future': raw('0003270f00000001ffff0000'),
  'an unknown API': raw('7fff000000000001ffff'),
  'a bad header': raw('00127f'),
  'an empty frame': raw(''),
  'a size above the limit': { bytes: Buffer.from('00080001', 'hex'), api: metadata, version: 0 },
  'a negative size': { bytes: Buffer.from('ffffffff', 'hex'), api: metadata, version: 0 },
} as const satisfies Record<string, Frame>

export type FrameName = keyof typeof FRAMES

/**
 * A number: the answer's error. `later`: after the delay the connection is closed, and counted as failed; with a number that
 * is said first. `at once`: closed in silence. `waits`: nothing yet, there is more to come.
 */
export type Outcome = number | `${number} later` | 'later' | 'at once' | 'waits'

const { UNSUPPORTED_VERSION, INVALID_REQUEST, ILLEGAL_SASL_STATE } = ErrorCode

const BEFORE_HANDSHAKE: Readonly<Record<FrameName, Outcome>> = {
  ApiVersions: 0,
  'ApiVersions of the future': UNSUPPORTED_VERSION,
  'ApiVersions of a bad software': INVALID_REQUEST,
  'ApiVersions without a body': 'at once',
  'SaslHandshake v0': 0,
  'SaslHandshake v1': 0,
  'SaslHandshake, not offered': '33 later',
  'SaslHandshake v2': 'at once',
  'SaslHandshake without a body': 'at once',
  'SaslAuthenticate v0': 'at once',
  'SaslAuthenticate v1': 'at once',
  'SaslAuthenticate v2': 'at once',
  'SaslAuthenticate, wrong': 'at once',
  'SaslAuthenticate v3': 'at once',
  'SaslAuthenticate without a body': 'at once',
  Metadata: 'at once',
  'Metadata of the future': 'at once',
  'an unknown API': 'at once',
  'a bad header': 'at once',
  'an empty frame': 'at once',
  'a size above the limit': 'later',
  'a negative size': 'later',
}
const SERVED: Readonly<Record<FrameName, Outcome>> = {
  ...BEFORE_HANDSHAKE,
  'SaslHandshake v0': ILLEGAL_SASL_STATE,
  'SaslHandshake v1': ILLEGAL_SASL_STATE,
  'SaslHandshake, not offered': ILLEGAL_SASL_STATE,
  'SaslAuthenticate v0': ILLEGAL_SASL_STATE,
  'SaslAuthenticate v1': ILLEGAL_SASL_STATE,
  'SaslAuthenticate v2': ILLEGAL_SASL_STATE,
  'SaslAuthenticate, wrong': ILLEGAL_SASL_STATE,
  Metadata: 0,
  'a size above the limit': 'waits',
  'a negative size': 'at once',
}
const everything = (outcome: Outcome) =>
  Object.fromEntries(Object.keys(FRAMES).map((name) => [name, outcome])) as Record<FrameName, Outcome>

export interface State {
  /** Where there is no authentication. */
  readonly isOpen?: true
  /** What has been sent, and answered, before. */
  readonly after: readonly FrameName[]
  readonly outcomes: Readonly<Record<FrameName, Outcome>>
}

/** The states of a connection, and what each kind of frame does in them. */
export const STATES: Readonly<Record<string, State>> = {
  'at first': { after: [], outcomes: BEFORE_HANDSHAKE },
  'after an ApiVersions that failed': {
    after: ['ApiVersions of a bad software'],
    outcomes: BEFORE_HANDSHAKE,
  },
  'after ApiVersions': {
    after: ['ApiVersions'],
    outcomes: {
      ...BEFORE_HANDSHAKE,
      ApiVersions: 'at once',
      'ApiVersions of the future': 'at once',
      'ApiVersions of a bad software': 'at once',
    },
  },
  'after SaslHandshake v0': { after: ['SaslHandshake v0'], outcomes: everything('later') },
  'after SaslHandshake v1': {
    after: ['SaslHandshake v1'],
    outcomes: {
      ...BEFORE_HANDSHAKE,
      ApiVersions: '34 later',
      'ApiVersions of the future': '34 later',
      'ApiVersions of a bad software': '34 later',
      'SaslHandshake v0': '34 later',
      'SaslHandshake v1': '34 later',
      'SaslHandshake, not offered': '34 later',
      'SaslAuthenticate v0': 0,
      'SaslAuthenticate v1': 0,
      'SaslAuthenticate v2': 0,
      'SaslAuthenticate, wrong': '58 later',
      Metadata: '34 later',
    },
  },
  'after authentication': { after: ['SaslHandshake v1', 'SaslAuthenticate v2'], outcomes: SERVED },
  'where there is none': { isOpen: true, after: [], outcomes: SERVED },
}

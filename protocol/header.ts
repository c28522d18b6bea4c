import { type Codec, codecOf } from './codec.ts'
import { type Api, type Decoded, includes, int16, int32, message, string } from './schema.ts'

/** The header of every request. Version 0 belongs to ControlledShutdown v0 alone; 2 adds tagged fields (KIP-482). */
export const requestHeader = message(
  'RequestHeader',
  { versions: '0-2', flexible: '2+' },
  {
    requestApiKey: int16('0+'),
    requestApiVersion: int16('0+'),
    correlationId: int32('0+'),
    // Stays in the classic encoding, so that a broker can read it before it knows whether the version is flexible.
    clientId: string('1+', { nullable: '1+', flexible: 'none' }),
  },
)

export type RequestHeader = Decoded<typeof requestHeader>

/** The header of every response; version 1 adds tagged fields. */
export const responseHeader = message(
  'ResponseHeader',
  { versions: '0-1', flexible: '1+' },
  { correlationId: int32('0+') },
)

const CONTROLLED_SHUTDOWN = 7
const API_VERSIONS = 18

export function requestHeaderVersion(api: Api, version: number): number {
  if (api.key === CONTROLLED_SHUTDOWN && version === 0) return 0
  return includes(api.flexible, version) ? 2 : 1
}

function responseHeaderVersion(api: Api, version: number): number {
  // A client that asks in a version the broker does not know must still be able to read the answer (KIP-511).
  if (api.key === API_VERSIONS) return 0
  return includes(api.flexible, version) ? 1 : 0
}

export function requestHeaderCodec(api: Api, version: number): Codec<typeof requestHeader> {
  return codecOf(requestHeader, requestHeaderVersion(api, version))
}

export function responseHeaderCodec(api: Api, version: number): Codec<typeof responseHeader> {
  return codecOf(responseHeader, responseHeaderVersion(api, version))
}

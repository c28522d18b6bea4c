import { type Codec, codecOf } from '../../protocol/codec.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import {
  requestHeader,
  requestHeaderCodec,
  requestHeaderVersion,
  responseHeader,
  responseHeaderCodec,
} from '../../protocol/header.ts'
import { apiVersions } from '../../protocol/messages/api-versions.ts'
import { produce } from '../../protocol/messages/produce.ts'
import type { Api, Fields, FieldType, Message } from '../../protocol/schema.ts'
import type { Handle, Handler } from './handler.ts'

/** Everything that handling a request of one API in one version takes. */
export interface Served {
  readonly api: Api
  readonly requestHeader: Codec<typeof requestHeader>
  readonly request: Codec
  /** The request need not be kept from being overwritten while it is served: nothing that comes of it holds its bytes. */
  readonly isReadInPlace: boolean
  readonly handle: Handle<Api>
  readonly responseHeader: Codec<typeof responseHeader>
  readonly response: Codec
}

/** Which APIs are served, in which versions, by whom: what a listener exposes. Read at every request, changed never. */
export class Dispatcher {
  readonly handlers: readonly Handler[]
  readonly #served: (readonly Served[] | undefined)[] = []
  readonly #apiVersions: Handler | undefined

  /** @throws TypeError when two handlers serve the same API, or one a version that the API does not have */
  constructor(handlers: readonly Handler[]) {
    this.handlers = [...handlers].sort((a, b) => a.api.key - b.api.key)
    this.#apiVersions = handlers.find(({ api }) => api.key === apiVersions.key)
    for (const handler of handlers) {
      const { api, minVersion, maxVersion } = handler
      if (this.#served[api.key]) throw new TypeError(`${api.name} has two handlers: one is expected`)
      if (minVersion < api.versions.min || maxVersion > api.versions.max || minVersion > maxVersion) {
        throw new TypeError(
          `the handler of ${api.name} serves versions ${minVersion} to ${maxVersion}: ` +
            `some of ${api.versions.min} to ${api.versions.max} are expected`,
        )
      }
      const versions: Served[] = []
      for (let version = minVersion; version <= maxVersion; version++)
        versions[version] = serve(handler, version)
      this.#served[api.key] = versions
    }
  }

  /** What serves this API in this version, undefined where nothing does: then Kafka closes the connection. */
  find(apiKey: number, version: number): Served | undefined {
    const served = this.#served[apiKey]?.[version]
    if (served === undefined && apiKey === apiVersions.key && this.#apiVersions) {
      return refuseVersion(this.#apiVersions, version)
    }
    return served
  }
}

function serve({ api, handle }: Handler, version: number): Served {
  return {
    api,
    requestHeader: requestHeaderCodec(api, version),
    request: codecOf<Message>(api.request, version),
    isReadInPlace: !hasBytes(api.request.fields) || api.key === produce.key,
    handle,
    responseHeader: responseHeaderCodec(api, version),
    response: codecOf<Message>(api.response, version),
  }
}

/** What is decoded into numbers and strings alone is free of the bytes that it came in. */
function hasBytes(fields: Fields): boolean {
  return Object.values(fields).some(({ type }) => mayHoldBytes(type))
}

function mayHoldBytes(type: FieldType): boolean {
  if (type.kind === 'array') return mayHoldBytes(type.element)
  return type.kind === 'struct' ? hasBytes(type.fields) : type.kind === 'bytes' || type.kind === 'records'
}

/**
 * A client may ask for ApiVersions in a version that is newer than the broker: it is told the versions of that one API,
 * in the one encoding that every client can read (KIP-511, `ApiVersionsRequest`). The body cannot be read.
 */
function refuseVersion({ minVersion, maxVersion }: Handler, version: number): Served {
  const response = {
    errorCode: ErrorCode.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: apiVersions.key, minVersion, maxVersion }],
  }
  return {
    api: apiVersions,
    requestHeader: codecOf(requestHeader, requestHeaderVersion(apiVersions, version)),
    request: unread,
    isReadInPlace: true,
    handle: () => response,
    responseHeader: codecOf(responseHeader, 0),
    response: codecOf<Message>(apiVersions.response, 0),
  }
}

const unread: Codec = { decode: () => ({}), encode: () => {} }

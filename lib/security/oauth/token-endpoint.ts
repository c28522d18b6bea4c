import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JSONWebKeySet } from 'jose'

/** What a client is given (RFC 6749, section 5.1). */
export interface Grant {
  readonly accessToken: string
  /** Seconds. */
  readonly expiresIn: number
}

/** What the endpoint asks for those who come to it. */
export interface TokenEndpointSettings {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  readonly isClient: (id: string, secret: string) => boolean
  readonly isRefused: (id: string) => boolean
  readonly grant: (id: string, scope: string | undefined) => Promise<Grant>
  readonly jwks: () => Promise<JSONWebKeySet>
}

interface Answer {
  readonly status: number
  readonly body: object
  readonly headers?: Readonly<Record<string, string>>
}

interface Credentials {
  readonly id: string
  readonly secret: string
}

/** What clients send is a few hundred bytes. */
const LARGEST_BODY = 64 * 1024
const PATHS = { token: '/token', jwks: '/jwks', configuration: '/.well-known/openid-configuration' }

/** Gives tokens to clients that show their credentials (RFC 6749, section 4.4), and its keys to everybody, over HTTP. */
export class TokenEndpoint {
  readonly #settings: TokenEndpointSettings
  #server: Server | undefined
  #origin = ''

  constructor(settings: TokenEndpointSettings) {
    this.#settings = settings
  }

  /** Its base URL, without a slash at the end; it is the issuer's name too. */
  get origin(): string {
    return this.#origin
  }

  get tokenUrl(): string {
    return this.#origin + PATHS.token
  }

  get jwksUrl(): string {
    return this.#origin + PATHS.jwks
  }

  /** @throws Error with the system's `code` when it cannot listen there */
  async start(): Promise<void> {
    const { host, port } = this.#settings
    const server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy())
    })
    server.listen({ host, port })
    await once(server, 'listening')
    this.#server = server
    const { port: taken } = server.address() as AddressInfo
    this.#origin = `http://${host.includes(':') ? `[${host}]` : host}:${taken}`
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body, headers } = await this.#answer(request)
    response.writeHead(status, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...headers,
    })
    response.end(JSON.stringify(body))
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { method, url = '' } = request
    const [path] = url.split('?')
    if (path === PATHS.token) {
      if (method !== 'POST') return { status: 405, body: {}, headers: { allow: 'POST' } }
      const body = await readBody(request)
      return body === undefined ? { status: 413, body: {} } : this.#token(new URLSearchParams(body), request)
    }
    if (method !== 'GET') return { status: 405, body: {}, headers: { allow: 'GET' } }
    if (path === PATHS.jwks) return { status: 200, body: await this.#settings.jwks() }
    if (path === PATHS.configuration) return { status: 200, body: this.#configuration() }
    return { status: 404, body: {} }
  }

  async #token(form: URLSearchParams, request: IncomingMessage): Promise<Answer> {
    const { isClient, isRefused, grant } = this.#settings
    const client = credentialsOf(request.headers.authorization, form).find(({ id, secret }) =>
      isClient(id, secret),
    )
    if (client === undefined) {
      return { ...refusal(401, 'invalid_client'), headers: { 'www-authenticate': 'Basic realm="josephk"' } }
    }
    if (form.get('grant_type') !== 'client_credentials') return refusal(400, 'unsupported_grant_type')
    if (isRefused(client.id)) return refusal(400, 'unauthorized_client')
    const scope = form.get('scope') ?? undefined
    const { accessToken, expiresIn } = await grant(client.id, scope)
    const body = { access_token: accessToken, token_type: 'Bearer', expires_in: expiresIn, scope }
    return { status: 200, body }
  }

  #configuration(): object {
    return {
      issuer: this.origin,
      token_endpoint: this.tokenUrl,
      jwks_uri: this.jwksUrl,
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      response_types_supported: ['token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    }
  }
}

function refusal(status: number, error: string): Answer {
  return { status, body: { error } }
}

/**
 * By HTTP's Basic or in the form. RFC 6749 has Basic's parts encoded as in forms, which most clients of Kafka do not
 * do: both readings are tried.
 */
function credentialsOf(authorization: string | undefined, form: URLSearchParams): Credentials[] {
  const [id, secret] = [form.get('client_id'), form.get('client_secret')]
  const found = id === null || secret === null ? [] : [{ id, secret }]
  const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]+)$/i.exec(authorization ?? '') ?? []
  const basic = Buffer.from(encoded ?? '', 'base64').toString('utf8')
  const colon = basic.indexOf(':')
  if (colon < 0) return found
  const plain = { id: basic.slice(0, colon), secret: basic.slice(colon + 1) }
  return [...found, plain, { id: formDecoded(plain.id), secret: formDecoded(plain.secret) }]
}

function formDecoded(text: string): string {
  return new URLSearchParams(`v=${text.replaceAll('&', '%26')}`).get('v') ?? ''
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > LARGEST_BODY) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { makeSigner } from '../../helpers/security/tokens.ts'

/** Whose tokens are believed: those of the first two at once, of the third when it has been missed by `FETCHED`. */
export const SIGNERS = await Promise.all([makeSigner('ec'), makeSigner('rsa', 'RS256'), makeSigner('late')])

/** Kafka's broker logs in to itself, too, and needs a name for that. */
const MODULE =
  'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker"'
const HANDLER = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler'

export interface KeyServer extends AsyncDisposable {
  /** Where the keys are, as URLs. */
  readonly file: string
  readonly http: string
  /** What a broker is told of OAUTHBEARER on its listeners. */
  readonly properties: Readonly<Record<string, string>>
}

/** The keys of the signers in a file, and behind a URL; behind that those of the third only from the second time on. */
export async function startKeyServer(): Promise<KeyServer> {
  const directory = mkdtempSync(join(tmpdir(), 'josephk-keys-'))
  const path = join(directory, 'jwks.json')
  const [first, second, late] = SIGNERS.map(({ jwk }) => jwk)
  writeFileSync(path, JSON.stringify({ keys: [first, second] }))
  let asked = 0
  const server = createServer((_request, response) => {
    const keys = asked++ === 0 ? [first, second] : [first, second, late]
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const file = pathToFileURL(path).href
  const http = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
  return {
    file,
    http,
    properties: propertiesOf(file, http),
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      rmSync(directory, { recursive: true })
    },
  }
}

function propertiesOf(file: string, http: string): Record<string, string> {
  const prefix = (listener: string) => `listener.name.${listener}.oauthbearer.sasl`
  const options =
    'unsecuredValidatorRequiredScope="read write" unsecuredValidatorAllowableClockSkewMs="60000"'
  return {
    [`${prefix('sasl')}.jaas.config`]: `${MODULE};`,
    [`${prefix('short')}.jaas.config`]: `${MODULE} unsecuredValidatorPrincipalClaimName="who" ${options};`,
    [`${prefix('brief')}.jaas.config`]: `${MODULE};`,
    [`${prefix('keys')}.jaas.config`]: `${MODULE};`,
    [`${prefix('keys')}.server.callback.handler.class`]: HANDLER,
    [`${prefix('keys')}.oauthbearer.jwks.endpoint.url`]: file,
    [`${prefix('keys')}.oauthbearer.expected.audience`]: 'kafka,other',
    [`${prefix('keys')}.oauthbearer.expected.issuer`]: 'us',
    [`${prefix('fetched')}.jaas.config`]: `${MODULE};`,
    [`${prefix('fetched')}.server.callback.handler.class`]: HANDLER,
    'listener.name.fetched.sasl.oauthbearer.jwks.endpoint.url': http,
    [`${prefix('fetched')}.oauthbearer.allow.unverified.audience`]: 'true',
    [`${prefix('fetched')}.oauthbearer.allow.unverified.issuer`]: 'true',
    [`${prefix('fetched')}.oauthbearer.sub.claim.name`]: 'who',
    [`${prefix('fetched')}.oauthbearer.scope.claim.name`]: 'rights',
    [`${prefix('fetched')}.oauthbearer.clock.skew.seconds`]: '5',
  }
}

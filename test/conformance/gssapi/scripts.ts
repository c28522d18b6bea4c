import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { requestBytes } from '../../helpers/network.ts'
import { GssapiClient } from '../../helpers/security/gssapi-client.ts'
import type { Kdc } from '../../helpers/security/kdc.ts'
import type { ScriptedClient } from '../sasl/scripted-client.ts'

/** `SASL`: GSSAPI and PLAIN. `SHORT`: sessions of three seconds. `RULES`: names are made by rules. */
export type ListenerName = 'SASL' | 'SHORT' | 'RULES'

export const MAX_REAUTH_MS = 3_000
const EXPIRED_MS = 3_500
const SECOND_MS = 1_300

export interface Script {
  readonly name: string
  readonly listener: ListenerName
  /** Which Kafka is asked: the newest, or the last that takes a client's first frame for a token. */
  readonly kafka: 'newest' | 'old'
  readonly run: (client: ScriptedClient, kdc: Kdc, connect: () => Promise<ScriptedClient>) => Promise<void>
}

type Settings = ConstructorParameters<typeof GssapiClient>[1]

const scripts: Script[] = []

function script(name: string, run: Script['run'], listener: ListenerName = 'SASL'): void {
  scripts.push({ name, listener, kafka: 'newest', run })
}

function firstFrame(name: string, run: Script['run']): void {
  scripts.push({ name: `first frame: ${name}`, listener: 'SASL', kafka: 'old', run })
}

/** Goes in by SaslAuthenticate of a version, or by bare tokens; what the server offers is written down. */
async function login(
  client: ScriptedClient,
  kdc: Kdc,
  version: number | 'bare',
  settings?: Settings,
  choice?: Uint8Array,
): Promise<void> {
  const gssapi = new GssapiClient(kdc, settings)
  try {
    await gssapi.login(async (token, isLast) => {
      if (version !== 'bare') return client.authenticate(version, token)
      client.raw(token.toString('hex'))
      return isLast ? token : client.token()
    }, choice)
    client.lines.push(`the offer: ${gssapi.offer.toString('hex')}`)
  } finally {
    gssapi.close()
  }
}

/** The first token of a client that goes no further. */
function firstToken(kdc: Kdc, settings?: Settings): Buffer {
  const gssapi = new GssapiClient(kdc, settings)
  const token = gssapi.next()
  gssapi.close()
  return token
}

for (const mutual of [true, false]) {
  const kind = mutual ? 'mutual' : 'one-sided'
  for (const version of [0, 1, 2]) {
    script(`SaslAuthenticate v${version}, ${kind}`, async (client, kdc) => {
      await client.handshake(1, 'GSSAPI')
      await login(client, kdc, version, { mutual })
      await client.ask(apiVersions, 0, {})
    })
  }
  script(`SaslHandshake v0, ${kind}`, async (client, kdc) => {
    await client.handshake(0, 'GSSAPI')
    await login(client, kdc, 'bare', { mutual })
    await client.ask(apiVersions, 0, {})
  })
  firstFrame(`a token, ${kind}`, async (client, kdc) => {
    await login(client, kdc, 'bare', { mutual })
    await client.ask(apiVersions, 0, {})
  })
}

const TOKENS: Readonly<Record<string, (kdc: Kdc) => Buffer>> = {
  nothing: () => Buffer.alloc(0),
  'one byte': () => Buffer.of(0x60),
  garbage: () => Buffer.from('6082021306092a864886f71201', 'hex'),
  'a token cut off': (kdc) => firstToken(kdc).subarray(0, 200),
  'a token with another end': (kdc) => {
    const token = firstToken(kdc)
    token[token.length - 1] = (token.at(-1) as number) ^ 1
    return token
  },
  'a ticket for another service': (kdc) => firstToken(kdc, { service: 'kafka/elsewhere' }),
}
for (const [name, token] of Object.entries(TOKENS)) {
  for (const version of [0, 1, 2]) {
    script(`${name}, SaslAuthenticate v${version}`, async (client, kdc) => {
      await client.handshake(1, 'GSSAPI')
      await client.authenticate(version, token(kdc))
      await client.end()
    })
  }
  script(`${name}, bare`, async (client, kdc) => {
    await client.handshake(0, 'GSSAPI')
    client.raw(token(kdc).toString('hex'))
    await client.end()
  })
  firstFrame(name, async (client, kdc) => {
    client.raw(token(kdc).toString('hex'))
    await client.end()
  })
}
for (const [name, software] of [
  ['ApiVersions', { clientSoftwareName: 'test', clientSoftwareVersion: '1' }],
  ['ApiVersions of a bad software', { clientSoftwareName: '-', clientSoftwareVersion: '1' }],
] as const) {
  firstFrame(`${name}, then a token`, async (client, kdc) => {
    await client.ask(apiVersions, 3, software)
    client.raw(firstToken(kdc).toString('hex'))
    await client.end()
  })
}

for (const version of [0, 1] as const) {
  script(`a token twice, SaslHandshake v${version}`, async (client, kdc) => {
    await client.handshake(version, 'GSSAPI')
    const token = firstToken(kdc)
    for (let times = 0; times < 2; times++) {
      if (version === 1) await client.authenticate(2, token)
      else client.raw(token.toString('hex'))
    }
    await client.end()
  })
}
script('a token shown before', async (client, kdc, connect) => {
  const token = firstToken(kdc)
  const first = await connect()
  await first.handshake(1, 'GSSAPI')
  await first.authenticate(2, token)
  first.close()
  await client.handshake(1, 'GSSAPI')
  await client.authenticate(2, token)
  await client.end()
})
script('data where none is due', async (client, kdc) => {
  await client.handshake(1, 'GSSAPI')
  await client.authenticate(2, firstToken(kdc))
  await client.authenticate(2, Buffer.of(1))
  await client.end()
})
script('a choice that is not wrapped', async (client, kdc) => {
  await client.handshake(1, 'GSSAPI')
  await client.authenticate(2, firstToken(kdc))
  await client.authenticate(2, '')
  await client.authenticate(2, Buffer.of(1, 0, 0, 0))
  await client.end()
})

const CHOICES: Readonly<Record<string, Uint8Array>> = {
  'another user': Buffer.from('\x01\0\0\0bob'),
  'no layer': Buffer.of(0, 0, 0, 0),
  encryption: Buffer.of(4, 0, 16, 0),
  everything: Buffer.of(7, 0, 16, 0),
  'a large buffer': Buffer.of(1, 255, 255, 255),
  'a part of it': Buffer.of(1, 0),
  'a bad part of it': Buffer.of(4, 0),
  nothing: Buffer.alloc(0),
}
for (const [name, choice] of Object.entries(CHOICES)) {
  script(`the choice: ${name}`, async (client, kdc) => {
    await client.handshake(1, 'GSSAPI')
    await login(client, kdc, 2, {}, choice)
    client.bytes(requestBytes(apiVersions, 0, {}))
    await client.end()
  })
  script(`the choice, bare: ${name}`, async (client, kdc) => {
    await client.handshake(0, 'GSSAPI')
    await login(client, kdc, 'bare', {}, choice)
    await client.pause(200)
    client.bytes(requestBytes(apiVersions, 0, {}))
    await client.end()
  })
}

for (const user of ['alice', 'bob']) {
  for (const version of ['bare', 2] as const) {
    script(
      `rules: ${user}, ${version === 'bare' ? version : `v${version}`}`,
      async (client, kdc) => {
        await client.handshake(version === 'bare' ? 0 : 1, 'GSSAPI')
        await login(client, kdc, version, { user })
        await client.pause(200)
        client.bytes(requestBytes(apiVersions, 0, {}))
        await client.end()
      },
      'RULES',
    )
  }
}

script(
  'sessions: again and again',
  async (client, kdc) => {
    for (let times = 0; times < 4; times++) {
      await client.handshake(1, 'GSSAPI')
      await login(client, kdc, 2)
      await client.ask(apiVersions, 0, {})
      await client.pause(SECOND_MS)
    }
  },
  'SHORT',
)
script(
  'sessions: again as another',
  async (client, kdc) => {
    await client.handshake(1, 'GSSAPI')
    await login(client, kdc, 2)
    await client.handshake(1, 'GSSAPI')
    await login(client, kdc, 2, { user: 'bob' })
    await client.end()
  },
  'SHORT',
)
script(
  'sessions: again without a ticket',
  async (client, kdc) => {
    await client.handshake(1, 'GSSAPI')
    await login(client, kdc, 2)
    await client.handshake(1, 'GSSAPI')
    await client.authenticate(2, 'nonsense')
    await client.end()
  },
  'SHORT',
)
script(
  'sessions: bare, and the end',
  async (client, kdc) => {
    await client.handshake(0, 'GSSAPI')
    await login(client, kdc, 'bare')
    await client.ask(apiVersions, 0, {})
    await client.pause(EXPIRED_MS)
    client.bytes(requestBytes(apiVersions, 0, {}))
    await client.end()
  },
  'SHORT',
)

export const SCRIPTS: readonly Script[] = scripts

import { apiVersions } from '../../../../protocol/messages/api-versions.ts'
import { metadata } from '../../../../protocol/messages/metadata.ts'
import { saslAuthenticate } from '../../../../protocol/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../../../protocol/messages/sasl-handshake.ts'
import { requestBytes } from '../../../helpers/network.ts'
import { FRAMES, type FrameName } from '../../../helpers/security/sasl-frames.ts'
import type { ScriptedClient } from '../scripted-client.ts'
import type { ListenerName, Script } from '../scripts.ts'

/** The limit of sessions on the listener `SHORT`, and some time after that. */
export const MAX_REAUTH_MS = 3_000
const EXPIRED_MS = 3_500
/** The same on the listener `BRIEF`: over long before a client may authenticate again. */
export const BRIEF_REAUTH_MS = 100
const BRIEFLY_MS = 250
const SECOND_MS = 1_300

const scripts: Script[] = []

function script(name: string, run: Script['run'], listener: ListenerName = 'SHORT'): void {
  scripts.push({ name: `sessions: ${name}`, listener, run })
}

for (const version of [0, 1, 2]) {
  script(`what SaslAuthenticate v${version} tells, and the end`, async (client) => {
    await client.plain('alice', 'secret', version)
    await client.ask(apiVersions, 0, {})
    await client.pause(EXPIRED_MS)
    client.bytes(requestBytes(apiVersions, 0, {}))
    await client.end()
  })
}
script('bare tokens, and the end', async (client) => {
  await client.handshake(0, 'PLAIN')
  client.raw(Buffer.from('\0alice\0secret').toString('hex'))
  await client.token()
  await client.ask(apiVersions, 0, {})
  await client.pause(EXPIRED_MS)
  client.bytes(requestBytes(metadata, 1, {}))
  await client.end()
})
script('SCRAM tells the last', async (client) => {
  await client.scram('SCRAM-SHA-256')
})
script('SaslAuthenticate alone does not help', async (client) => {
  await client.plain()
  await client.authenticate(2, '\0alice\0secret')
  await client.pause(EXPIRED_MS)
  client.bytes(requestBytes(saslAuthenticate, 2, {}))
  await client.end()
})
script('idle ones live', async (client) => {
  await client.plain()
  await client.pause(EXPIRED_MS)
  await client.end()
  await client.plain()
  await client.ask(apiVersions, 0, {})
})
script('again, in time and late', async (client) => {
  await client.plain()
  await client.plain()
  await client.ask(apiVersions, 0, {})
  await client.pause(EXPIRED_MS)
  await client.plain()
  await client.ask(apiVersions, 0, {})
})
script('again within a second', async (client) => {
  await client.plain()
  await client.plain()
  await client.handshake(1, 'PLAIN')
  await client.handshake(0, 'NONE')
  await client.authenticate(2, '\0alice\0secret')
  await client.pause(SECOND_MS)
  await client.plain()
  await client.ask(apiVersions, 0, {})
})
script('again by bare tokens', async (client) => {
  await client.plain()
  await client.handshake(0, 'PLAIN')
  client.raw(Buffer.from('\0alice\0secret').toString('hex'))
  await client.token()
  await client.ask(apiVersions, 0, {})
})

/** A session that is over ends with the next frame, whatever it is: but for the SaslHandshake that begins another. */
const LATE: readonly FrameName[] = [
  'ApiVersions',
  'ApiVersions of the future',
  'SaslHandshake v0',
  'SaslHandshake v1',
  'SaslHandshake v2',
  'SaslHandshake without a body',
  'SaslAuthenticate v0',
  'SaslAuthenticate v2',
  'Metadata',
  'Metadata of the future',
  'an unknown API',
  'a bad header',
  'an empty frame',
]
for (const name of LATE) {
  script(
    `${name} when it is over`,
    async (client) => {
      const { bytes, api, version } = FRAMES[name]
      await client.plain()
      await client.pause(BRIEFLY_MS)
      client.bytes(bytes)
      if (name === 'SaslHandshake v0' || name === 'SaslHandshake v1') await client.answer(api, version)
      else await client.end()
    },
    'BRIEF',
  )
}
script(
  'over before a second has passed since it began again',
  async (client) => {
    await client.plain()
    await client.plain()
    await client.pause(BRIEFLY_MS)
    client.bytes(FRAMES['SaslHandshake v1'].bytes)
    await client.end()
  },
  'BRIEF',
)

const FAILURES: Readonly<Record<string, (client: ScriptedClient) => Promise<void>>> = {
  'a mechanism that is not offered': async (client) => {
    client.bytes(requestBytes(saslHandshake, 1, { mechanism: 'GSSAPI' }))
  },
  'another mechanism': async (client) => {
    await client.handshake(1, 'SCRAM-SHA-256')
    client.bytes(requestBytes(saslAuthenticate, 2, {}))
  },
  'another user': (client) => client.plain('bob'),
  'a wrong password': (client) => client.plain('alice', 'wrong'),
  'another API': async (client) => {
    await client.handshake(1, 'PLAIN')
    await client.ask(metadata, 12, { topics: [] })
  },
  ApiVersions: async (client) => {
    await client.handshake(1, 'PLAIN')
    await client.ask(apiVersions, 0, {})
  },
  'a SaslHandshake that cannot be read': async (client) => client.raw('0011000100000001ffff00ff41'),
  'another user, bare': async (client) => {
    await client.handshake(0, 'PLAIN')
    client.raw(Buffer.from('\0bob\0secret').toString('hex'))
  },
  'a frame that is too large': async (client) => {
    await client.handshake(1, 'PLAIN')
    client.bytes(Buffer.from('00080001', 'hex'))
  },
}
for (const [name, fail] of Object.entries(FAILURES)) {
  script(`again with ${name}`, async (client) => {
    await client.plain()
    await fail(client)
    await client.end()
  })
}
script('again by SCRAM with a wrong password', async (client) => {
  await client.scram('SCRAM-SHA-256')
  await client.scram('SCRAM-SHA-256', 'alice', 'wrong')
  await client.end()
})

export const SESSIONS: readonly Script[] = scripts

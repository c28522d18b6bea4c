import { apiVersions } from '../../../../protocol/messages/api-versions.ts'
import { bearer, unsecured } from '../../../helpers/security/tokens.ts'
import { SIGNERS } from '../key-server.ts'
import type { ScriptedClient } from '../scripted-client.ts'
import type { ListenerName, Script } from '../scripts.ts'

const scripts: Script[] = []

function script(name: string, run: Script['run'], listener: ListenerName = 'SASL'): void {
  scripts.push({ name: `OAUTHBEARER on ${listener}: ${name}`, listener, run })
}

/** Only what is said at once: most are refused, and the rest of that is told below. */
async function say(client: ScriptedClient, message: string, version = 2): Promise<void> {
  await client.handshake(1, 'OAUTHBEARER')
  await client.authenticate(version, message)
}

type Claims = Readonly<Record<string, unknown>>
const seconds = () => Math.floor(Date.now() / 1000)
/** `{ exp: 60 }` is a minute from now; what is no number stands as it is. */
function claimsOf(claims: Claims): Claims {
  const times = ['exp', 'iat', 'nbf'].flatMap((name) => {
    const value = claims[name]
    return typeof value === 'number' ? [[name, seconds() + value]] : []
  })
  return { ...claims, ...Object.fromEntries(times) }
}
const GOOD = { sub: 'alice', iat: -10, exp: 1000, iss: 'us', aud: 'kafka' }

for (const version of [0, 1, 2]) {
  script(`right, SaslAuthenticate v${version}`, async (client) => {
    await say(client, bearer(unsecured(claimsOf(GOOD))), version)
    await client.ask(apiVersions, 0, {})
  })
  script(`refused, SaslAuthenticate v${version}`, async (client) => {
    await say(client, bearer(unsecured(claimsOf({ ...GOOD, exp: -1 }))), version)
    await client.authenticate(version, '\x01')
    await client.end()
  })
}
script('right, bare', async (client) => {
  await client.handshake(0, 'OAUTHBEARER')
  client.raw(Buffer.from(bearer(unsecured(claimsOf(GOOD)))).toString('hex'))
  await client.token()
  await client.ask(apiVersions, 0, {})
})
script('refused, bare', async (client) => {
  await client.handshake(0, 'OAUTHBEARER')
  client.raw(Buffer.from(bearer(unsecured({}))).toString('hex'))
  await client.token()
  client.raw('01')
  await client.end()
})
script('refused, then right, then another API', async (client) => {
  await say(client, bearer('a.b.c'))
  await client.authenticate(2, bearer('a..c'))
  await client.authenticate(2, bearer(unsecured(claimsOf(GOOD))))
  await client.ask(apiVersions, 0, {})
})
script('refused, then something else', async (client) => {
  await say(client, bearer('a.b.c'))
  await client.authenticate(2, '\x01\x01')
  await client.end()
})
script('for herself, with extensions', async (client) => {
  const options = { authorizationId: 'alice', extensions: { traceId: '1', b: 'x y' } }
  await say(client, bearer(unsecured(claimsOf(GOOD)), options))
  await client.ask(apiVersions, 0, {})
})
script('for another', async (client) => {
  await say(client, bearer(unsecured(claimsOf(GOOD)), { authorizationId: 'bob' }))
  await client.end()
})
script('for another, bare', async (client) => {
  await client.handshake(0, 'OAUTHBEARER')
  client.raw(Buffer.from(bearer(unsecured(claimsOf(GOOD)), { authorizationId: 'bob' })).toString('hex'))
  await client.end()
})
const MESSAGES: Readonly<Record<string, string>> = {
  nothing: '',
  'understood, nothing said': '\x01',
  'another binding': 'y,,\x01auth=Bearer TOKEN\x01\x01',
  'an authorization id without its name': 'n,alice,\x01auth=Bearer TOKEN\x01\x01',
  'an empty authorization id': 'n,a=,\x01auth=Bearer TOKEN\x01\x01',
  'a bad escape': 'n,a=al=ice,\x01auth=Bearer TOKEN\x01\x01',
  'an escape': 'n,a=al=2Cice,\x01auth=Bearer TOKEN\x01\x01',
  'no pairs': 'n,,\x01\x01',
  'no end': 'n,,\x01auth=Bearer TOKEN\x01',
  'more after the end': 'n,,\x01auth=Bearer TOKEN\x01\x01\x01',
  'no auth': 'n,,\x01other=Bearer TOKEN\x01\x01',
  'another scheme': 'n,,\x01auth=Basic TOKEN\x01\x01',
  'small letters': 'n,,\x01auth=bearer TOKEN\x01\x01',
  'many spaces': 'n,,\x01auth=Bearer    TOKEN\x01\x01',
  'no token': 'n,,\x01auth=Bearer \x01\x01',
  'a token of no JWT': 'n,,\x01auth=Bearer a+b/~==\x01\x01',
  'a token that is none': 'n,,\x01auth=Bearer a*b\x01\x01',
  'a token with a sign in it': 'n,,\x01auth=Bearer a=b\x01\x01',
  'auth twice': 'n,,\x01auth=x\x01auth=Bearer TOKEN\x01\x01',
  'a number in a name': 'n,,\x01auth=Bearer TOKEN\x01a1=b\x01\x01',
  'an empty value': 'n,,\x01auth=Bearer TOKEN\x01a=\x01\x01',
  'an odd value': 'n,,\x01auth=Bearer TOKEN\x01a=\x7f\x01\x01',
  'white space in a value': 'n,,\x01auth=Bearer TOKEN\x01a=b\t\r\n=c\x01\x01',
}
for (const [name, message] of Object.entries(MESSAGES)) {
  script(name, async (client) => {
    const token = unsecured(claimsOf(GOOD))
    await say(client, message.replace('TOKEN', token))
  })
}

const UNSECURED: readonly (string | Claims)[] = [
  {},
  { exp: 1000.9994 },
  { exp: 0 },
  { exp: 'x' },
  { exp: undefined },
  { iat: undefined },
  { iat: 30 },
  { iat: 'x' },
  { iat: 1000 },
  { iat: 1001 },
  { nbf: 500 },
  { sub: ' ' },
  { sub: ' alice ' },
  { sub: 7 },
  { sub: true },
  { sub: null },
  { sub: {} },
  { sub: ['alice'] },
  { sub: undefined },
  { sub: 'ÿ-_~' },
  { scope: 7 },
  { scope: {} },
  { scope: 'read write' },
  '{',
  '',
  '[]',
  'null',
  '"x"',
]
const named = (claims: string | Claims) =>
  typeof claims === 'string'
    ? claims
    : JSON.stringify(claims, (_, value) => (value === undefined ? 'none' : value))
for (const claims of UNSECURED) {
  script(`claims ${named(claims)}`, async (client) => {
    await say(
      client,
      bearer(unsecured(typeof claims === 'string' ? claims : claimsOf({ ...GOOD, ...claims }))),
    )
  })
}
for (const header of [
  { alg: 'HS256' },
  { alg: ['none'] },
  { alg: 'none', typ: 'x' },
  {},
  '[1]',
  'null',
  '{',
  '',
]) {
  script(`header ${JSON.stringify(header)}`, async (client) => {
    await say(client, bearer(unsecured(claimsOf(GOOD), header)))
  })
}
const SHAPES: Readonly<Record<string, (token: string) => string>> = {
  'a signature': (token) => `${token}abcd`,
  'two parts': (token) => token.slice(0, -1),
  'four parts': (token) => `.${token}`,
  'an empty header': (token) => token.replace(/^[^.]+/, ''),
  'a length that is none': (token) => `A${token}`,
  'a foreign sign': (token) => `+${token.slice(1)}`,
  'a sign at the end': (token) => `${token}=`,
  dots: () => '..',
  'one word': () => 'abc',
}
for (const [name, change] of Object.entries(SHAPES)) {
  script(`a token of ${name}`, async (client) => {
    await say(client, bearer(change(unsecured(claimsOf(GOOD)))))
  })
}
const SCOPED = { who: 'alice', exp: 1000, scope: ['read', 'write'] }
const OPTIONS: readonly Claims[] = [
  {},
  { scope: ['write', ' read ', 'more'] },
  { scope: 'read write' },
  { scope: ['read'] },
  { scope: undefined },
  { who: undefined, sub: 'alice' },
  { exp: -30 },
  { exp: -70 },
  { iat: 30 },
  { iat: 70 },
  { exp: 2 },
]
for (const claims of OPTIONS) {
  script(
    `claims ${named(claims)}`,
    async (client) => {
      await say(client, bearer(unsecured(claimsOf({ ...SCOPED, ...claims }))))
    },
    'SHORT',
  )
}
script(
  'again by another token, and of another',
  async (client) => {
    await say(client, bearer(unsecured(claimsOf(SCOPED))))
    await say(client, bearer(unsecured(claimsOf({ ...SCOPED, exp: 2000 }))))
    await client.ask(apiVersions, 0, {})
    await client.pause(1_300)
    await say(client, bearer(unsecured(claimsOf({ ...SCOPED, who: 'bob' }))))
    await client.end()
  },
  'SHORT',
)
script(
  'again, refused',
  async (client) => {
    await say(client, bearer(unsecured(claimsOf(SCOPED))))
    await say(client, bearer('a.b.c'))
    await client.authenticate(2, '\x01')
    await client.end()
  },
  'SHORT',
)
script(
  'a token that has expired',
  async (client) => {
    await say(client, bearer(unsecured(claimsOf({ ...SCOPED, exp: -30 }))))
    await client.pause(50)
    client.bytes(Buffer.from('0000000a00120000000000010000', 'hex'))
    await client.end()
  },
  'SHORT',
)
script('a session ends with its token', async (client) => {
  await say(client, bearer(unsecured(claimsOf({ ...GOOD, exp: 2 }))))
  await client.ask(apiVersions, 0, {})
  await client.pause(2_500)
  client.bytes(Buffer.from('0000000a00120000000000010000', 'hex'))
  await client.end()
})

const [EC, RSA, LATE] = SIGNERS as [(typeof SIGNERS)[0], (typeof SIGNERS)[0], (typeof SIGNERS)[0]]
const SIGNED: readonly Claims[] = [
  {},
  { exp: 1000.9 },
  { exp: -20, iat: -90 },
  { exp: -40, iat: -90 },
  { exp: 10, iat: 20 },
  { exp: undefined },
  { exp: '9' },
  { iat: undefined },
  { iat: '9' },
  { iat: 500 },
  { nbf: 20 },
  { nbf: 50 },
  { nbf: 2000 },
  { nbf: 'x' },
  { sub: ' alice ' },
  { sub: ' ' },
  { sub: 7 },
  { sub: undefined },
  { jti: 7 },
  { iss: 'them' },
  { iss: 7 },
  { iss: undefined },
  { aud: ['x', 'other'] },
  { aud: 'them' },
  { aud: ['kafka', 7] },
  { aud: 7 },
  { aud: undefined },
  { scope: 'a b' },
  { scope: ['a', 'b'] },
  { scope: ['a', ' a'] },
  { scope: ['a', null] },
  { scope: ['a', 7] },
  { scope: '' },
  { scope: 7 },
]
for (const claims of SIGNED) {
  script(
    `claims ${named(claims)}`,
    async (client) => say(client, bearer(await EC.sign(claimsOf({ ...GOOD, ...claims })))),
    'KEYS',
  )
}
const HEADERS: Readonly<Record<string, Record<string, unknown>>> = {
  'of RSA': {},
  'without a key id': { kid: null },
  'of another key id': { kid: 'x' },
  'with the key id of the other': { kid: 'ec' },
  'with a type': { typ: 'at+jwt' },
  'of an unknown critical thing': { crit: ['b64'], b64: true },
}
for (const [name, header] of Object.entries(HEADERS)) {
  script(
    `a token ${name}`,
    async (client) => say(client, bearer(await RSA.sign(claimsOf(GOOD), header))),
    'KEYS',
  )
}
const FORGED: Readonly<Record<string, (token: string) => string>> = {
  'another subject': (token) => {
    const [header, , signature] = token.split('.')
    const claims = Buffer.from(JSON.stringify(claimsOf({ ...GOOD, sub: 'bob' }))).toString('base64url')
    return `${header}.${claims}.${signature}`
  },
  'a short signature': (token) => token.slice(0, -8),
  'no signature': (token) => token.slice(0, token.lastIndexOf('.') + 1),
  'more parts': (token) => `${token}.x`,
  'alg none': () => unsecured(claimsOf(GOOD)),
  'alg none, signed': () => `${unsecured(claimsOf(GOOD))}abcd`,
  nonsense: () => 'a.b.c',
}
for (const [name, forge] of Object.entries(FORGED)) {
  script(
    `a token of ${name}`,
    async (client) => say(client, bearer(forge(await EC.sign(claimsOf(GOOD))))),
    'KEYS',
  )
}
script('a token of nobody', async (client) => say(client, bearer(await LATE.sign(claimsOf(GOOD)))), 'KEYS')
script(
  'refused to the end',
  async (client) => {
    await say(client, bearer('a.b.c'))
    await client.authenticate(2, '\x01')
    await client.end()
  },
  'KEYS',
)

const FETCHED: readonly Claims[] = [
  { who: 'alice' },
  { who: 'alice', aud: 'anybody', iss: 'them' },
  { who: 'alice', aud: 7 },
  { who: 'alice', sub: 7 },
  { who: 'alice', rights: ['a', 'a'] },
  { who: 'alice', scope: ['a', 'a'] },
  { who: 'alice', exp: -20, iat: -90 },
  {},
]
for (const claims of FETCHED) {
  script(
    `claims ${named(claims)}`,
    async (client) => say(client, bearer(await EC.sign(claimsOf({ ...GOOD, ...claims })))),
    'FETCHED',
  )
}
script(
  'a key that is missed at first',
  async (client) => {
    const token = bearer(await LATE.sign(claimsOf({ ...GOOD, who: 'alice' })))
    await say(client, token)
    await client.pause(1_500)
    await client.authenticate(2, token)
    await client.ask(apiVersions, 0, {})
  },
  'FETCHED',
)

export const OAUTHBEARER: readonly Script[] = scripts

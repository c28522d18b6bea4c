import { apis } from '../../../protocol/apis.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { saslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../../protocol/messages/sasl-handshake.ts'
import { requestBytes } from '../../helpers/network.ts'
import { ScramClient } from '../../helpers/security/scram-client.ts'
import type { ScriptedClient } from './scripted-client.ts'
import { CREDENTIALS } from './scripts/credentials.ts'
import { DELEGATION_TOKENS } from './scripts/delegation-tokens.ts'
import { OAUTHBEARER } from './scripts/oauthbearer.ts'
import { SESSIONS } from './scripts/sessions.ts'
import { FRAMES_IN_STATES } from './scripts/states.ts'

/**
 * `SASL`: no limit to sessions. `SHORT`: three seconds. `BRIEF`: a tenth of one. `OPEN`: no authentication. `KEYS`, `FETCHED`: signed tokens, with
 * keys from a file and from a URL.
 */
export type ListenerName = 'OPEN' | 'SASL' | 'SHORT' | 'BRIEF' | 'KEYS' | 'FETCHED'

export interface Script {
  readonly name: string
  readonly listener: ListenerName
  readonly run: (client: ScriptedClient) => Promise<void>
}

const SOFTWARE = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
const BAD_SOFTWARE = { clientSoftwareName: '-', clientSoftwareVersion: '1' }
const GARBAGE = ['', '60', '6082021306092a864886f71201', '00127f', '7fff000000000001ffff']

const scripts: Script[] = [
  ...CREDENTIALS,
  ...SESSIONS,
  ...DELEGATION_TOKENS,
  ...OAUTHBEARER,
  ...FRAMES_IN_STATES,
]

function script(name: string, run: Script['run'], listener: ListenerName = 'SASL'): void {
  scripts.push({ name, listener, run })
}

for (const version of [0, 1, 2, 3, 4, 5]) {
  script(`ApiVersions v${version} twice`, async (client) => {
    await client.ask(apiVersions, version, SOFTWARE)
    client.bytes(requestBytes(apiVersions, version, SOFTWARE))
    await client.end()
  })
}
script('ApiVersions v5 meant for somebody else', async (client) => {
  await client.ask(apiVersions, 5, { ...SOFTWARE, clusterId: 'other', nodeId: 7 })
  await client.plain()
  await client.ask(apiVersions, 0, {})
})
script('ApiVersions of the future, then of today', async (client) => {
  for (const hex of ['00127fff0000000700000000', '0012006300000008ffff00']) {
    client.raw(hex)
    await client.answer(apiVersions, 0)
  }
  await client.ask(apiVersions, 3, SOFTWARE)
  await client.plain()
})
script('ApiVersions of a bad software', async (client) => {
  await client.ask(apiVersions, 3, BAD_SOFTWARE)
  await client.ask(apiVersions, 3, BAD_SOFTWARE)
  await client.ask(apiVersions, 3, SOFTWARE)
  await client.plain()
})

for (const before of ['nothing', 'ApiVersions', 'a bad ApiVersions']) {
  const begin = async (client: ScriptedClient) => {
    if (before === 'nothing') return
    await client.ask(apiVersions, 3, before === 'ApiVersions' ? SOFTWARE : BAD_SOFTWARE)
  }
  for (const version of [0, 1]) {
    script(`after ${before}: SaslHandshake v${version}, unknown mechanism`, async (client) => {
      await begin(client)
      await client.handshake(version, 'GSSAPI')
      await client.end()
    })
  }
  const others = {
    metadata: requestBytes(metadata, 12, {}),
    authenticate: requestBytes(saslAuthenticate, 2, {}),
  }
  for (const [name, bytes] of Object.entries(others)) {
    script(`after ${before}: ${name}`, async (client) => {
      await begin(client)
      client.bytes(bytes)
      await client.end()
    })
  }
  const frames = [
    ...GARBAGE,
    '0003000c0000000100000000', // Metadata without a body
    '0003270f0000000100000000', // Metadata of the future
    '0011000100000001ffff', // SaslHandshake without a body
    '0011000200000001ffff0005504c41494e', // v2
    '0012000300000001ffff00', // ApiVersions without a body
  ]
  for (const hex of frames) {
    script(`after ${before}: frame ${hex}`, async (client) => {
      await begin(client)
      client.raw(hex)
      await client.end()
    })
  }
  for (const size of ['ffffffff', '00080001', '7fffffff']) {
    script(`after ${before}: a frame of ${size}`, async (client) => {
      await begin(client)
      client.bytes(Buffer.from(size, 'hex'))
      await client.end()
    })
  }
}

const ASKED: Readonly<Record<string, Record<string, unknown>>> = {
  Metadata: { topics: [{ name: 'a' }] },
  Produce: { acks: 1, topicData: [{ name: 'a', partitionData: [{ index: 3, records: Buffer.alloc(0) }] }] },
  ListOffsets: { topics: [{ name: 'a', partitions: [{ partitionIndex: 1, timestamp: -1 }] }] },
  OffsetCommit: { groupId: 'g', topics: [{ name: 'a', partitions: [{ partitionIndex: 1 }] }] },
  CreateTopics: { topics: [{ name: 'a' }] },
  DeleteTopics: { topics: [{ name: 'a' }], topicNames: ['a'] },
  DescribeGroups: { groups: ['g'] },
  DescribeAcls: { resourceTypeFilter: 1, patternTypeFilter: 1, operation: 1, permissionType: 1 },
  FindCoordinator: { key: 'k', coordinatorKeys: ['k'] },
}
for (const api of apis) {
  if (!api.listeners.includes('broker') || api.key === saslAuthenticate.key) continue
  const newest = Math.min(api.versions.max, api.unstable.min - 1)
  if (newest < api.versions.min) continue
  script(`${api.name} amid authentication`, async (client) => {
    await client.handshake(1, 'PLAIN')
    await client.ask(api, newest, ASKED[api.name] ?? {})
    await client.end()
  })
}

const AMID = [...GARBAGE, '0024000300000001ffff0000', '0003270f00000001ffff0000', '0024000100000001ffff']
for (const hex of AMID) {
  script(`frame ${hex} amid authentication`, async (client) => {
    await client.handshake(1, 'PLAIN')
    client.raw(hex)
    await client.end()
  })
}

const TOKENS: Readonly<Record<string, string>> = {
  right: '\0alice\0secret',
  'right, for herself': 'alice\0alice\0secret',
  'for another': 'bob\0alice\0secret',
  'for another, wrong': 'bob\0alice\0wrong',
  wrong: '\0alice\0wrong',
  nobody: '\0nobody\0secret',
  'no user': '\0\0secret',
  'no password': '\0alice\0',
  'one part': 'alice',
  'two parts': '\0alice',
  'four parts': '\0alice\0secret\0',
  'six parts': '\0\0\0\0\0',
  nothing: '',
}
for (const [name, token] of Object.entries(TOKENS)) {
  for (const version of [0, 1, 2]) {
    script(`PLAIN, SaslAuthenticate v${version}: ${name}`, async (client) => {
      await client.handshake(1, 'PLAIN')
      await client.authenticate(version, token)
      if (name.startsWith('right')) await client.ask(apiVersions, 0, {})
      else await client.end()
    })
  }
  script(`PLAIN, bare: ${name}`, async (client) => {
    await client.handshake(0, 'PLAIN')
    client.raw(Buffer.from(token).toString('hex'))
    await client.token()
    if (name.startsWith('right')) await client.ask(apiVersions, 0, {})
    else await client.end()
  })
}

for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
  for (const [user, password] of [
    ['alice', 'secret'],
    ['alice', 'wrong'],
    ['nobody', 'secret'],
    ['a,b=c', 'secret'],
  ] as const) {
    script(`${mechanism}: ${user}, ${password}`, async (client) => {
      await client.scram(mechanism, user, password)
      await client.end()
    })
  }
}
const FIRSTS: Readonly<Record<string, string>> = {
  'a channel binding': 'p=tls-unique,,n=alice,r=abc',
  'a binding it would have': 'y,,n=alice,r=abc',
  'an extension': 'n,,n=alice,r=abc,x=1',
  'a token': 'n,,n=alice,r=abc,tokenauth=true',
  'no token': 'n,,n=alice,r=abc,tokenauth=false',
  'a mandatory extension': 'n,,m=1,n=alice,r=abc',
  'for herself': 'n,a=alice,n=alice,r=abc',
  'for another': 'n,a=bob,n=alice,r=abc',
  'a name beyond ASCII': 'n,,n=\u00e5lice,r=abc',
  'a bad escape': 'n,,n=al=2Dice,r=abc',
  'no nonce': 'n,,n=alice',
  nothing: '',
  nonsense: 'nonsense',
}
for (const [name, first] of Object.entries(FIRSTS)) {
  script(`SCRAM first message: ${name}`, async (client) => {
    await client.handshake(1, 'SCRAM-SHA-256')
    await client.authenticate(2, first)
    await client.end()
  })
  script(`SCRAM first message, bare: ${name}`, async (client) => {
    await client.handshake(0, 'SCRAM-SHA-256')
    client.raw(Buffer.from(first).toString('hex'))
    await client.token()
    await client.end()
  })
}
script('SCRAM final message: more before the nonce', async (client) => {
  const scram = new ScramClient('SCRAM-SHA-512', 'alice', 'secret')
  await client.handshake(1, 'SCRAM-SHA-512')
  const first = await client.authenticate(2, scram.first())
  const nonce = first.toString().slice(2, first.indexOf(','))
  await client.authenticate(2, scram.final(first, `more${nonce}`))
  await client.end()
})
script('SCRAM, bare', async (client) => {
  for (const password of ['secret']) {
    const scram = new ScramClient('SCRAM-SHA-256', 'alice', password)
    await client.handshake(0, 'SCRAM-SHA-256')
    client.raw(Buffer.from(scram.first()).toString('hex'))
    client.raw(Buffer.from(scram.final(await client.token())).toString('hex'))
    await client.token()
    await client.ask(apiVersions, 0, {})
  }
})
script('SCRAM, bare, wrong', async (client) => {
  const scram = new ScramClient('SCRAM-SHA-256', 'alice', 'wrong')
  await client.handshake(0, 'SCRAM-SHA-256')
  client.raw(Buffer.from(scram.first()).toString('hex'))
  client.raw(Buffer.from(scram.final(await client.token())).toString('hex'))
  await client.token()
  await client.end()
})
const FINALS: Readonly<Record<string, (right: string) => string>> = {
  'another channel binding': (right) => right.replace('c=biws', 'c=eSws'),
  'another nonce': (right) => right.replace(/r=[^,]+/, 'r=other'),
  'a short proof': (right) => right.replace(/p=.*/, 'p=AAAA'),
  'no proof': (right) => right.replace(/,p=.*/, ''),
  'proof that is no base64': (right) => right.replace(/p=.*/, 'p=!'),
  'an extension unsigned': (right) => right.replace(',p=', ',x=1,p='),
}
for (const [name, change] of Object.entries(FINALS)) {
  script(`SCRAM final message: ${name}`, async (client) => {
    const scram = new ScramClient('SCRAM-SHA-512', 'alice', 'secret')
    await client.handshake(1, 'SCRAM-SHA-512')
    const first = await client.authenticate(2, scram.first())
    await client.authenticate(2, change(scram.final(first)))
    await client.end()
  })
}

script(
  'SASL where there is nothing to authenticate for',
  async (client) => {
    for (const version of [0, 1]) await client.ask(saslHandshake, version, { mechanism: 'PLAIN' })
    for (const version of [0, 1, 2]) await client.authenticate(version, '\0alice\0secret')
    await client.ask(apiVersions, 0, {})
    client.raw('')
    await client.end()
  },
  'OPEN',
)

export const SCRIPTS: readonly Script[] = scripts

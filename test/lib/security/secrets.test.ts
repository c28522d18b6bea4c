// Nothing secret is seen: not in a log at its most talkative, nor an error, nor what `util.inspect` shows of a cluster and
// of what it is made of, nor in an answer to who may describe everything.
import crypto, { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { pack, unpack } from 'msgpackr'
import t, { type Test } from 'tap'
import { checkOptions } from '../../../lib/check-options.ts'
import { layOutBrokers } from '../../../lib/cluster-layout.ts'
import { makeParts } from '../../../lib/cluster-parts.ts'
import { Cluster, type ClusterOptions, type ManualClock } from '../../../lib/index.ts'
import { MetadataImage } from '../../../lib/metadata/image.ts'
import { ConfigResourceType, type MetadataRecord } from '../../../lib/metadata/records.ts'
import { SCRAM_MECHANISMS, saltedPassword } from '../../../lib/security/scram/formatter.ts'
import { ThrowawayAuthority } from '../../../lib/security/tls/throwaway-authority.ts'
import { alterUserScramCredentials } from '../../../protocol/messages/alter-user-scram-credentials.ts'
import { createDelegationToken } from '../../../protocol/messages/create-delegation-token.ts'
import { describeConfigs } from '../../../protocol/messages/describe-configs.ts'
import { describeUserScramCredentials } from '../../../protocol/messages/describe-user-scram-credentials.ts'
import { incrementalAlterConfigs } from '../../../protocol/messages/incremental-alter-configs.ts'
import { renewDelegationToken } from '../../../protocol/messages/renew-delegation-token.ts'
import { saslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { requestBytes } from '../../helpers/network.ts'
import { turns } from '../../helpers/network-turns.ts'
import { saslRig } from '../../helpers/security/sasl-rig.ts'

const EVERYTHING = {
  depth: Number.POSITIVE_INFINITY,
  showHidden: true,
  getters: true,
  maxArrayLength: null,
  maxStringLength: null,
}

const JAAS = `org.apache.kafka.common.security.plain.PlainLoginModule required user_bob="an-entry-for-jaas";`

/** Every way in which bytes may be told. */
function forms(secret: string | Buffer): string[] {
  const bytes = Buffer.from(secret as string)
  const hex = bytes.toString('hex')
  const pairs = (separator: string) => hex.match(/../g)?.join(separator) ?? ''
  const [base64, list] = [bytes.toString('base64').replace(/=+$/, ''), [...bytes].join(',')]
  return [
    bytes.toString(),
    hex,
    base64,
    bytes.toString('base64url'),
    pairs(' '),
    pairs(':'),
    list,
    list.replaceAll(',', ', '),
  ]
}

function isUnseen(t: Test, text: string, secrets: Readonly<Record<string, string | Buffer>>): void {
  for (const [name, secret] of Object.entries(secrets)) {
    const seen = forms(secret).find((form) => text.includes(form))
    t.equal(seen, undefined, `${name} is not seen`)
  }
}

/** The middle of a key, as its lines in a PEM would stand anywhere else too. */
function keyLine(pem: string): string {
  return pem.split('\n')[1] as string
}

t.test('by whoever watches a cluster', async (t) => {
  const authority = await ThrowawayAuthority.create()
  const { key, cert } = await authority.issue({ commonName: 'server', hosts: ['localhost'] })
  const salt = randomBytes(16)
  const secrets: Record<string, string | Buffer> = {
    'a password': 'hunter2-of-alice',
    'a wrong password': 'hunter3-of-alice',
    'a password to be': 'hunter4-of-alice',
    'the key of tokens': 'the key of all tokens',
    'the password of a keystore': 'of-the-keystore',
    'a dynamic password': 'of-the-next-keystore',
    'a JAAS entry': 'an-entry-for-jaas',
    'a private key': keyLine(key),
    'a salted password': saltedPassword(SCRAM_MECHANISMS['SCRAM-SHA-256'], 'hunter5-of-eve', salt, 4096),
  }
  const lines: unknown[] = []
  const log = (...line: unknown[]) => lines.push(line)
  const options: ClusterOptions<ManualClock> = {
    listeners: [
      {
        name: 'S',
        securityProtocol: 'SASL_PLAINTEXT',
        transport: 'memory',
        saslMechanisms: ['PLAIN', 'SCRAM-SHA-256', 'OAUTHBEARER'],
      },
      { name: 'T', securityProtocol: 'SSL', tls: { key, cert } },
      { name: 'U', securityProtocol: 'SSL' },
    ],
    logger: { debug: log, info: log, warn: log, error: log },
    users: [{ name: 'alice', password: 'hunter2-of-alice' }],
    config: {
      'delegation.token.secret.key': 'the key of all tokens',
      'listener.name.x.ssl.keystore.password': 'of-the-keystore',
      'listener.name.s.plain.sasl.jaas.config': JAAS,
    },
  }
  const { cluster, clock, connect } = await saslRig(t, options)
  const admin = connect()
  await admin.loginPlain('alice', 'hunter2-of-alice')
  await connect().loginScram('SCRAM-SHA-256', 'alice', 'hunter2-of-alice')
  const { body: token } = await admin.request(createDelegationToken, 3, { renewers: [], maxLifetimeMs: -1 })
  secrets['the HMAC of a token'] = token.hmac
  await connect().loginToken(token.tokenId, token.hmac.toString('base64'))
  secrets['the HMAC of another'] = Buffer.from(cluster.tokens.create({ owner: 'alice' }).hmac, 'base64')
  const jwt = await cluster.oauth.issue({ subject: 'alice', expiresIn: 60 })
  secrets['a signature'] = jwt.split('.')[2] as string
  const tries: [string, string][] = [
    ['PLAIN', '\0alice\0hunter3-of-alice'],
    ['PLAIN', 'hunter3-of-alice'],
    ['PLAIN', 'bob\0alice\0hunter2-of-alice'],
    ['SCRAM-SHA-256', 'hunter3-of-alice'],
    ['OAUTHBEARER', `n,,\x01auth=Bearer ${jwt}\x01\x01`],
    ['OAUTHBEARER', `n,,\x01auth=Bearer ${jwt}x\x01\x01`],
    ['OAUTHBEARER', `n,a=bob,\x01auth=Bearer ${jwt}\x01\x01`],
    ['OAUTHBEARER', `n,,\x01auth=Bare ${jwt}\x01\x01`],
    ['OAUTHBEARER', jwt],
  ]
  const told: string[] = []
  for (const [mechanism, bytes] of tries) {
    const peer = connect()
    await peer.handshake(1, mechanism)
    peer.send(requestBytes(saslAuthenticate, 2, { authBytes: Buffer.from(bytes) }))
    for (let turn = 0; turn < 50; turn++) await turns(1)
    clock.advance(100)
    await turns(6)
    told.push(Buffer.concat(peer.chunks).toString('latin1'))
    peer.socket.destroy()
    const raw = connect()
    await raw.handshake(0, mechanism)
    raw.sendFrame(Buffer.from(bytes))
    await turns(10)
    raw.socket.destroy()
  }
  const eve = {
    name: 'eve',
    mechanism: 1,
    iterations: 4096,
    salt,
    saltedPassword: secrets['a salted password'] as Buffer,
  }
  const upsertions = [eve, { ...eve, name: 'zoe', iterations: 1 }]
  told.push(
    inspect(await admin.request(alterUserScramCredentials, 0, { deletions: [], upsertions }), EVERYTHING),
  )
  told.push(inspect(await admin.request(describeUserScramCredentials, 0, { users: null }), EVERYTHING))
  const resources = ['0', ''].map((resourceName) => ({
    resourceType: ConfigResourceType.BROKER,
    resourceName,
    configs: [
      { name: 'listener.name.t.ssl.keystore.password', configOperation: 0, value: 'of-the-next-keystore' },
    ],
  }))
  const altered = await admin.request(incrementalAlterConfigs, 1, { resources, validateOnly: false })
  t.match(altered.body.responses, [{ errorCode: 0 }, {}], 'the change is made')
  const asked = ['0', ''].map((resourceName) => ({
    resourceType: ConfigResourceType.BROKER,
    resourceName,
    configurationKeys: null,
  }))
  const described = await admin.request(describeConfigs, 4, { resources: asked, includeSynonyms: true })
  const shown = described.body.results.flatMap(({ configs }) => configs)
  for (const name of [
    'delegation.token.secret.key',
    'listener.name.x.ssl.keystore.password',
    'listener.name.t.ssl.keystore.password',
    'listener.name.s.plain.sasl.jaas.config',
  ]) {
    t.match(
      shown.find((config) => config.name === name),
      { isSensitive: true, value: null },
      name,
    )
  }
  told.push(inspect(altered, EVERYTHING), JSON.stringify(described))
  cluster.users.changePassword('alice', 'hunter4-of-alice')
  await connect().loginPlain('alice', 'hunter4-of-alice')

  t.ok(lines.length > 10)
  t.match(inspect(lines, EVERYTHING), /config changed/)
  isUnseen(t, inspect(lines, EVERYTHING) + JSON.stringify(lines), secrets)
  isUnseen(t, told.join('\n'), { ...secrets, 'the HMAC of a token': 'nowhere' })
  const faces = [
    cluster.users.list(),
    cluster.sessions(),
    cluster.tokens.list(),
    cluster.topics(),
    cluster.brokers,
  ]
  isUnseen(t, inspect([cluster, faces], EVERYTHING) + JSON.stringify([cluster, faces]), secrets)
  isUnseen(t, await cluster.metrics.prometheus(), secrets)
})

t.test('by whoever looks inside', async (t) => {
  const secrets: Record<string, string | Buffer> = {
    'a password': 'hunter2-of-alice',
    'the key of tokens': 'the key of all tokens',
    'a dynamic password': 'of-the-next-keystore',
    'a JAAS entry': 'an-entry-for-jaas',
  }
  const options = checkOptions({
    config: {
      'delegation.token.secret.key': 'the key of all tokens',
      'listener.name.s.plain.sasl.jaas.config': JAAS,
    },
  })
  const parts = makeParts(options, layOutBrokers(options))
  t.teardown(() => parts.close())
  const records: MetadataRecord[] = []
  parts.metadata.subscribe((committed) => records.push(...committed))
  parts.users.add({ name: 'alice', password: 'hunter2-of-alice' })
  const token = parts.tokens.create({
    owner: user('alice'),
    requester: user('alice'),
    renewers: [],
    maxLifetimeMs: 0,
  })
  if (!('tokenId' in token)) throw new Error('no token')
  secrets['the HMAC of a token'] = Buffer.from(parts.tokens.hmacOf(token.tokenId))
  const configs = [
    { name: 'listener.name.t.ssl.keystore.password', value: 'of-the-next-keystore', configOperation: 0 },
  ]
  const broker = {
    resourceType: ConfigResourceType.BROKER,
    resourceName: '0',
    configs,
    incremental: true as const,
  }
  parts.controller.registerBroker({ brokerId: 0, rack: null, endPoints: [] })
  t.same(parts.controller.alterConfigs(0, [broker]), [undefined])
  for (const mechanisms of parts.metadata.image.scramCredentials.values()) {
    for (const { mechanism, storedKey, serverKey } of mechanisms.values()) {
      secrets[`the stored key of ${mechanism}`] = Buffer.from(storedKey)
      secrets[`the server key of ${mechanism}`] = Buffer.from(serverKey)
    }
  }
  t.ok(records.some(({ type }) => type === 'ConfigRecord'))
  const { metadata, users, tokens, controller } = parts
  const seen = [metadata, records, users, tokens, parts.configs, controller, parts]
  isUnseen(t, inspect(seen, EVERYTHING), secrets)

  // Records that were packed and read again are others, of which nobody has hidden anything.
  const image = new MetadataImage('a')
  for (const record of unpack(pack(records)) as MetadataRecord[]) image.apply(record)
  t.same(image.scramCredentials, metadata.image.scramCredentials)
  isUnseen(t, inspect(image, EVERYTHING), secrets)
})

t.test('by whoever reads what is kept: a data directory, a snapshot', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'josephk-secrets-'))
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }))
  const secrets: Record<string, string | Buffer> = {
    'a password': 'hunter2-of-alice',
    'a password to be': 'hunter4-of-alice',
    'the key of tokens': 'the key of all tokens',
    'a JAAS entry': 'an-entry-for-jaas',
  }
  const options: ClusterOptions<ManualClock> = {
    users: [{ name: 'alice', password: 'hunter2-of-alice' }],
    config: {
      'delegation.token.secret.key': 'the key of all tokens',
      'listener.name.s.plain.sasl.jaas.config': JAAS,
    },
  }
  const look = (bytes: Buffer) => {
    t.ok(bytes.includes('alice'))
    isUnseen(t, bytes.toString('latin1'), secrets)
  }
  const change = async ({ cluster, connect }: Awaited<ReturnType<typeof saslRig>>) => {
    secrets['the HMAC of a token'] = Buffer.from(cluster.tokens.create({ owner: 'alice' }).hmac, 'base64')
    cluster.users.changePassword('alice', 'hunter4-of-alice')
    await connect().loginPlain('alice', 'hunter4-of-alice')
    await connect().loginScram('SCRAM-SHA-512', 'alice', 'hunter4-of-alice')
  }
  const inMemory = await saslRig(t, options)
  await change(inMemory)
  look(inMemory.cluster.snapshot())

  const onDisk = await saslRig(t, { ...options, dataDir })
  await change(onDisk)
  await onDisk.cluster.stop()
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
  look(Buffer.concat(files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)))))
})

t.test('by whoever measures how long comparisons take', async (t) => {
  const { timingSafeEqual } = crypto
  let compared = 0
  crypto.timingSafeEqual = (left, right) => {
    compared++
    return timingSafeEqual(left, right)
  }
  syncBuiltinESMExports()
  t.teardown(() => {
    crypto.timingSafeEqual = timingSafeEqual
    syncBuiltinESMExports()
  })
  const { cluster, connect } = await saslRig(t, {
    oauth: true,
    config: { 'connection.failed.authentication.delay.ms': 0, 'delegation.token.secret.key': 'key' },
  })
  const counted = async (work: () => Promise<unknown>) => {
    compared = 0
    await work()
    return compared
  }
  for (const [user, password] of [
    ['alice', 'secret'],
    ['alice', 'wrong'],
    ['alice', 'secret, and more'],
    ['nobody', 'secret'],
  ] as const) {
    t.equal(await counted(() => connect().loginPlain(user, password)), 1, `PLAIN: ${user}, ${password}`)
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    const form = { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials' }) }
    const ask = () => fetch(cluster.oauth.tokenEndpointUrl, { ...form, headers: { authorization } })
    t.ok((await counted(ask)) >= 1, `the token endpoint: ${user}, ${password}`)
    if (user === 'nobody') continue
    const login = () => connect().loginScram('SCRAM-SHA-256', user, password)
    t.equal(await counted(login), 1, `SCRAM: ${user}, ${password}`)
  }
  const hmac = Buffer.from(cluster.tokens.create({ owner: 'alice' }).hmac, 'base64')
  const peer = connect()
  await peer.loginPlain()
  for (const shown of [hmac, Buffer.alloc(hmac.length)]) {
    const renew = () => peer.request(renewDelegationToken, 2, { hmac: shown, renewPeriodMs: 1000 })
    t.equal(await counted(renew), 1, 'of the only token')
  }
})

t.test('by whoever reads errors', async (t) => {
  const key = `-----BEGIN PRIVATE KEY-----\n${randomBytes(48).toString('base64')}\n-----END PRIVATE KEY-----`
  const secrets = { 'a password': 'hunter2', 'a private key': keyLine(key) }
  const wrong: unknown[] = [
    'alice:hunter2',
    { users: 'alice:hunter2' },
    { users: ['alice:hunter2'] },
    { users: [{ name: 'alice', password: 7, hunter: 1 }] },
    { users: [{ name: 'alice', password: ['hunter2'] }] },
    { users: [{ name: 'alice', password: 'hunter2', mechanisms: ['NTLM'] }] },
    { config: 'listener.password=hunter2' },
    { config: { 'delegation.token.secret.key': ['hunter2'] } },
    jaas('hunter2'),
    jaas('hunter2 required;'),
    jaas('a.Module required a=hunter2'),
    jaas('a.Module required hunter2;'),
    jaas('a.Module required a="hunter2;'),
    ...['http', 'ftp'].map((scheme) => keysAt(`${scheme}://alice:hunter2@localhost:1/keys`)),
    { config: { 'delegation.token.secret.key': 'hunter2', 'num.partitions': 'many' } },
    ...['key', 'cert', 'ca', 'passphrase'].map((option) => ({
      listeners: [{ securityProtocol: 'SSL', tls: { [option]: [key] } }],
    })),
    { listeners: [{ securityProtocol: 'SSL', tls: key }] },
    { listeners: [{ securityProtocol: 'SSL', tls: { key, cert: key } }] },
    { listeners: [{ securityProtocol: 'SSL', tls: { key } }] },
    { listeners: [{ securityProtocol: 'SSL', tls: { key: 'hunter2', cert: key, passphrase: 'hunter2' } }] },
  ]
  for (const options of wrong) {
    const error = await Cluster.start(options as ClusterOptions).then(
      (cluster) => cluster.stop().then(() => t.fail('started')),
      (error: unknown) => error,
    )
    isUnseen(t, inspect(error, EVERYTHING) + String(error) + JSON.stringify(error), secrets)
  }
  const { cluster } = await saslRig(t)
  for (const user of [
    'alice:hunter2',
    { name: 'bob', password: ['hunter2'] },
    { name: 'alice', password: 'hunter2' },
  ]) {
    try {
      cluster.users.add(user as never)
      t.fail('added')
    } catch (error) {
      isUnseen(t, inspect(error, EVERYTHING), secrets)
    }
  }
  t.throws(() => cluster.users.changePassword('nobody', 'hunter2'), { message: /^(?!.*hunter)/ })
})

function jaas(text: string) {
  const config = { 'listener.name.s.oauthbearer.sasl.jaas.config': text }
  return { listeners: [{ name: 'S', securityProtocol: 'SASL_PLAINTEXT' }], config }
}

function keysAt(url: string) {
  const prefix = 'sasl.oauthbearer'
  const unverified = {
    [`${prefix}.allow.unverified.audience`]: true,
    [`${prefix}.allow.unverified.issuer`]: true,
  }
  const config = { ...unverified, [`${prefix}.jwks.endpoint.url`]: url }
  return { listeners: [{ securityProtocol: 'SASL_PLAINTEXT', saslMechanisms: ['OAUTHBEARER'] }], config }
}

function user(name: string) {
  return { principalType: 'User', name }
}

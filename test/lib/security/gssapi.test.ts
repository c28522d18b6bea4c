// GSSAPI against a KDC of our own: every framing, what is refused and how, who a client is then, and that nothing is kept.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Cluster, type ClusterOptions, type ListenerOptions, type ManualClock } from '../../../lib/index.ts'
import { Gss } from '../../../lib/security/gssapi/gss.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { saslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { decodeResponse, requestBytes } from '../../helpers/network.ts'
import { turns } from '../../helpers/network-turns.ts'
import { plainCommand } from '../../helpers/plain-environment.ts'
import { GssapiClient } from '../../helpers/security/gssapi-client.ts'
import { Kdc, kdcMissing, REALM } from '../../helpers/security/kdc.ts'
import { type SaslPeer, type SaslRig, saslRig } from '../../helpers/security/sasl-rig.ts'

const missing = kdcMissing()
if (missing !== undefined) {
  if (process.env.CI === 'true') t.fail(missing)
  else t.comment(`skipped: ${missing}`)
  process.exit()
}

const HOUR_MS = 3_600_000
const DELAY_MS = 100
const SERVICE = 'kafka/localhost'
const VAGUE =
  'Authentication failed during authentication due to invalid credentials with SASL mechanism GSSAPI'
const REFUSED = ErrorCode.SASL_AUTHENTICATION_FAILED

const kdc = await Kdc.start({ services: [SERVICE, 'kafka/elsewhere'], users: ['alice', 'bob'] })
process.env.KRB5_CONFIG = kdc.configuration
t.teardown(() => kdc.stop())

const KERBEROS = { keytab: kdc.keytab(SERVICE), principal: `${SERVICE}@${REALM}` }

function listenerWith(options: ListenerOptions = {}): ListenerOptions {
  return {
    securityProtocol: 'SASL_PLAINTEXT',
    transport: 'memory',
    saslMechanisms: ['GSSAPI', 'PLAIN'],
    kerberos: KERBEROS,
    ...options,
  }
}

function gssapiRig(t: Test, options: ClusterOptions<ManualClock> = {}): Promise<SaslRig> {
  return saslRig(t, { listeners: [listenerWith()], ...options })
}

function clientOf(t: Test, settings?: ConstructorParameters<typeof GssapiClient>[1]): GssapiClient {
  const client = new GssapiClient(kdc, settings)
  t.teardown(() => client.close())
  return client
}

/** How tokens go and come. */
type Framing = (peer: SaslPeer) => (token: Buffer, isLast: boolean) => Promise<Buffer>

const framed =
  (version: number): Framing =>
  (peer) =>
  async (token) => {
    const { errorCode, authBytes } = await peer.authenticate(version, token)
    if (errorCode !== 0) throw new Error(`error ${errorCode}`)
    return authBytes
  }
const bare: Framing = (peer) => async (token, isLast) => {
  peer.sendFrame(token)
  return isLast ? Buffer.alloc(0) : peer.frame()
}

async function login(t: Test, peer: SaslPeer, user = 'alice'): Promise<void> {
  await peer.handshake(1, 'GSSAPI')
  await clientOf(t, { user }).login(framed(2)(peer))
}

t.test('a ticket lets a client in, in every framing and by either kind of context', async (t) => {
  const ways: readonly [string, number | undefined, Framing][] = [
    ['0.9, without a handshake', undefined, bare],
    ['SaslHandshake v0', 0, bare],
    ['SaslAuthenticate v0', 1, framed(0)],
    ['SaslAuthenticate v1', 1, framed(1)],
    ['SaslAuthenticate v2', 1, framed(2)],
  ]
  const { cluster, connect } = await gssapiRig(t)
  for (const [name, handshake, framing] of ways) {
    for (const mutual of [true, false]) {
      const peer = connect()
      if (handshake !== undefined) t.equal((await peer.handshake(handshake, 'GSSAPI')).errorCode, 0)
      await clientOf(t, { mutual }).login(framing(peer))
      t.ok(await peer.isServed(), `${name}: the next frame is an answer, there is no last token`)
      const session = cluster.sessions().at(-1)
      t.same([session?.principal, session?.mechanism], ['User:alice', 'GSSAPI'])
    }
  }
  t.equal(cluster.metrics.total('successful-authentication-total'), 10)
  t.equal(cluster.metrics.total('successful-authentication-no-reauth-total'), 6)
})

t.test('whom a client wants to act as is not looked at', async (t) => {
  const { cluster, connect } = await gssapiRig(t)
  const peer = connect()
  await peer.handshake(1, 'GSSAPI')
  await clientOf(t).login(framed(2)(peer), Buffer.from('\x01\0\0\0bob'))
  t.equal(cluster.sessions()[0]?.principal, 'User:alice')
})

t.test('the service is found by its name where no principal is given', async (t) => {
  const config = { 'sasl.kerberos.service.name': 'kafka' }
  const listeners = [listenerWith({ kerberos: { keytab: kdc.keytab(SERVICE) } })]
  const { connect } = await gssapiRig(t, { config, listeners })
  const peer = connect()
  await login(t, peer)
  t.ok(await peer.isServed())
})

t.test("a keytab as Kafka's configs name it", async (t) => {
  const name = 'listener.name.sasl_plaintext.gssapi.sasl.jaas.config'
  const jaas = (keytab: string) =>
    `com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true keyTab="${keytab}" principal="${SERVICE}";`
  const listeners = [listenerWith({ kerberos: undefined })]
  const { connect } = await gssapiRig(t, { config: { [name]: jaas(kdc.keytab(SERVICE)) }, listeners })
  const peer = connect()
  await login(t, peer)
  t.ok(await peer.isServed())
  const refuses = (jaasConfig: string, message: RegExp) =>
    t.rejects(Cluster.start({ listeners, config: { [name]: jaasConfig } }), { name: 'OptionError', message })
  await refuses(jaas('/no/such'), /^GSSAPI on listener SASL_PLAINTEXT: .*'\/no\/such' not found/)
  await refuses('Krb5LoginModule', /^GSSAPI on listener SASL_PLAINTEXT: sasl.jaas.config: expected required/)
})

/** What a client does wrong with its context established and the offer heard: its choice of a layer. */
const CHOICES: Readonly<Record<string, [Uint8Array, 'refused' | 'broken']>> = {
  'none of the layers': [Buffer.of(0, 0, 0, 0), 'refused'],
  'encryption, which is not offered': [Buffer.of(4, 0, 16, 0), 'refused'],
  'a choice cut off': [Buffer.of(1, 0), 'broken'],
  'a bad choice cut off': [Buffer.of(4, 0), 'refused'],
  'an empty choice': [Buffer.alloc(0), 'broken'],
}

t.test(
  'what is no ticket for the service, or no choice of a layer, is refused without a word why',
  async (t) => {
    const { cluster, connect } = await gssapiRig(t)
    const used = clientOf(t).next()
    const spent = connect()
    await spent.handshake(1, 'GSSAPI')
    await spent.authenticate(2, used)
    const tokens: Readonly<Record<string, [() => Buffer, 'refused' | 'broken']>> = {
      garbage: [() => Buffer.from('60820213', 'hex'), 'refused'],
      nothing: [() => Buffer.alloc(0), 'refused'],
      'a ticket for another service': [() => clientOf(t, { service: 'kafka/elsewhere' }).next(), 'refused'],
      // Kafka takes it for a client in haste (`KerberosError`).
      'a ticket shown before': [() => used, 'broken'],
    }
    let failed = 0
    const ends = async (name: string, peer: SaslPeer, outcome: 'refused' | 'broken', token: Buffer) => {
      peer.send(requestBytes(saslAuthenticate, 2, { authBytes: token }))
      const { afterMs, frames } = await peer.ending()
      if (outcome === 'broken') {
        t.same({ afterMs, frames }, { afterMs: 0, frames: [] }, name)
        return
      }
      t.equal(afterMs, DELAY_MS, name)
      const { errorCode, errorMessage } = decodeResponse(saslAuthenticate, 2, frames[0] as Buffer).body
      t.same([errorCode, errorMessage], [REFUSED, VAGUE], name)
      failed++
    }
    const endsBare = async (name: string, peer: SaslPeer, token: Buffer) => {
      peer.sendFrame(token)
      t.same(await peer.ending(), { afterMs: 0, frames: [] }, `${name}, bare`)
    }
    for (const [name, [token, outcome]] of Object.entries(tokens)) {
      const [framedPeer, barePeer, oldPeer] = [connect(), connect(), connect()]
      await framedPeer.handshake(1, 'GSSAPI')
      await ends(name, framedPeer, outcome, token())
      await barePeer.handshake(0, 'GSSAPI')
      await endsBare(name, barePeer, token())
      await endsBare(`${name}, as of 0.9`, oldPeer, token())
    }
    for (const [name, [choice, outcome]] of Object.entries(CHOICES)) {
      const peer = connect()
      await peer.handshake(1, 'GSSAPI')
      const exchange = framed(2)(peer)
      await clientOf(t).login(async (token, isLast) => {
        if (!isLast) return exchange(token, isLast)
        await ends(name, peer, outcome, token)
        return Buffer.alloc(0)
      }, choice)
      const bareEnd = connect()
      await bareEnd.handshake(0, 'GSSAPI')
      await clientOf(t).login(async (token, isLast) => {
        if (!isLast) return bare(bareEnd)(token, isLast)
        await endsBare(name, bareEnd, token)
        return Buffer.alloc(0)
      }, choice)
    }
    const early = connect()
    await early.handshake(1, 'GSSAPI')
    await early.authenticate(2, clientOf(t).next())
    await ends('data where there should be none', early, 'refused', Buffer.of(1))
    const unwrapped = connect()
    await unwrapped.handshake(1, 'GSSAPI')
    await unwrapped.authenticate(2, clientOf(t).next())
    await unwrapped.authenticate(2, '')
    await ends('a choice that is not wrapped', unwrapped, 'refused', Buffer.of(1, 0, 0, 0))
    t.equal(cluster.metrics.total('failed-authentication-total'), failed)
  },
)

t.test('only the very first frame may be a token without a handshake', async (t) => {
  const { cluster, connect } = await gssapiRig(t)
  const bad = { clientSoftwareName: '-', clientSoftwareVersion: '1' }
  for (const version of [0, 3]) {
    const peer = connect()
    await peer.request(apiVersions, version, bad)
    peer.sendFrame(clientOf(t).next())
    t.same(await peer.ending(), { afterMs: 0, frames: [] })
  }
  const without = await saslRig(t)
  const peer = without.connect()
  peer.sendFrame(clientOf(t).next())
  t.same(await peer.ending(), { afterMs: 0, frames: [] }, 'where GSSAPI is not offered')
  t.equal(cluster.metrics.total('successful-authentication-total'), 0)
})

t.test('who a client is, by sasl.kerberos.principal.to.local.rules', async (t) => {
  const rules = [`RULE:[1:$1@$0](b.*@${REALM})s/@.*//U`, `RULE:[1:$1@$0](alice@NOWHERE)s/@.*//`]
  const config = { 'listener.name.sasl_plaintext.sasl.kerberos.principal.to.local.rules': rules.join(',') }
  const { cluster, connect } = await gssapiRig(t, { config })
  const known = connect()
  await login(t, known, 'bob')
  t.equal(cluster.sessions()[0]?.principal, 'User:BOB')
  // Kafka looks for the name when the first request comes.
  const nobody = connect()
  await login(t, nobody, 'alice')
  t.equal(cluster.metrics.total('successful-authentication-total'), 2)
  nobody.send(requestBytes(apiVersions, 0, {}))
  t.same(await nobody.ending(), { afterMs: 0, frames: [] })
  t.equal(cluster.sessions().length, 1)
})

t.test('authenticating again by GSSAPI: as the same client, and not as another', async (t) => {
  const { cluster, clock, connect } = await gssapiRig(t, {
    config: { 'connections.max.reauth.ms': HOUR_MS, 'connections.max.idle.ms': -1 },
  })
  const peer = connect()
  await login(t, peer)
  for (let times = 1; times <= 3; times++) {
    clock.advance(HOUR_MS - 1)
    await login(t, peer)
    t.ok(await peer.isServed())
    t.equal(cluster.sessions()[0]?.reauthentications, times)
  }
  clock.advance(HOUR_MS)
  await peer.handshake(1, 'GSSAPI')
  const exchange = framed(2)(peer)
  await clientOf(t, { user: 'bob' }).login(async (token, isLast) => {
    if (!isLast) return exchange(token, isLast)
    peer.send(requestBytes(saslAuthenticate, 2, { authBytes: token }))
    const { afterMs, frames } = await peer.ending()
    t.equal(afterMs, DELAY_MS)
    t.match(decodeResponse(saslAuthenticate, 2, frames[0] as Buffer).body, {
      errorCode: REFUSED,
      errorMessage: 'Cannot change principals during re-authentication from User.alice: User.bob',
    })
    return Buffer.alloc(0)
  })
})

t.test('who is told nothing is cut off at the end of the session, and not while idle', async (t) => {
  const { clock, connect } = await gssapiRig(t, {
    config: { 'connections.max.reauth.ms': HOUR_MS, 'connections.max.idle.ms': -1 },
  })
  const [of09, bareToken] = [connect(), connect()]
  await clientOf(t).login(bare(of09))
  await bareToken.handshake(0, 'GSSAPI')
  await clientOf(t).login(bare(bareToken))
  for (const peer of [of09, bareToken]) t.ok(await peer.isServed())
  clock.advance(HOUR_MS)
  for (const peer of [of09, bareToken]) t.ok(await peer.isServed())
  clock.advance(1)
  await turns(5)
  for (const peer of [of09, bareToken]) {
    t.notOk(peer.isOver, 'idle')
    peer.send(requestBytes(apiVersions, 0, {}))
    t.same(await peer.ending(), { afterMs: 0, frames: [] })
  }
})

t.test('what the library gave is given back, wherever a client stops', async (t) => {
  const before = Gss.held
  const { cluster, connect } = await gssapiRig(t)
  t.equal(Gss.held, before + 1, 'the credential of the service')
  const stops: ((peer: SaslPeer, client: GssapiClient) => Promise<unknown>)[] = [
    (peer) => peer.handshake(1, 'GSSAPI'),
    (peer, client) => peer.authenticate(2, client.next()),
    (peer) => peer.authenticate(2, ''),
  ]
  for (let steps = 0; steps <= stops.length; steps++) {
    const [peer, client] = [connect(), new GssapiClient(kdc)]
    for (const step of stops.slice(0, steps)) await step(peer, client)
    client.close()
    peer.socket.destroy()
    await turns(5)
    t.equal(Gss.held, before + 1, `after ${steps} steps`)
  }
  const peer = connect()
  const client = new GssapiClient(kdc)
  await client.login(bare(peer))
  client.close()
  t.ok(await peer.isServed())
  t.equal(Gss.held, before + 1, 'who is in needs no context any more')
  const [underWay, unfinished] = [connect(), new GssapiClient(kdc)]
  await underWay.handshake(1, 'GSSAPI')
  await underWay.authenticate(2, unfinished.next())
  unfinished.close()
  t.equal(Gss.held, before + 2)
  await cluster.stop()
  t.equal(Gss.held, before, 'nor does a cluster that has stopped')
})

t.test('a keytab with a key that has been changed since is a wrong one', async (t) => {
  const keytab = kdc.rekey('kafka/elsewhere')
  const { connect } = await gssapiRig(t, { listeners: [listenerWith({ kerberos: { keytab } })] })
  const peer = connect()
  await peer.handshake(1, 'GSSAPI')
  const ticket = clientOf(t, { service: 'kafka/elsewhere' }).next()
  peer.send(requestBytes(saslAuthenticate, 2, { authBytes: ticket }))
  const { frames } = await peer.ending()
  t.match(decodeResponse(saslAuthenticate, 2, frames[0] as Buffer).body, { errorCode: REFUSED })
})

t.test('what GSSAPI lacks is said at the start', async (t) => {
  const before = Gss.held
  const refuses = async (options: Partial<ListenerOptions>, message: RegExp, config = {}) => {
    const listeners = [{ ...listenerWith(), ...options }]
    await t.rejects(Cluster.start({ listeners, config }), { name: 'OptionError', message })
  }
  const of = '^GSSAPI on listener SASL_PLAINTEXT: '
  await refuses({ kerberos: { keytab: '/no/such' } }, new RegExp(`${of}.*'/no/such' not found`))
  await refuses(
    { kerberos: { keytab: kdc.keytab(SERVICE), principal: 'kafka/elsewhere' } },
    new RegExp(`${of}.*No key table entry found for kafka/elsewhere@${REALM}`),
  )
  const unknown = { 'sasl.kerberos.service.name': 'nfs' }
  await refuses({ kerberos: { keytab: kdc.keytab(SERVICE) } }, new RegExp(`${of}.*matching nfs/`), unknown)
  await refuses({}, /^option config.sasl.kerberos.principal.to.local.rules: Invalid rule: RULE:\[1\]/, {
    'sasl.kerberos.principal.to.local.rules': 'DEFAULT,RULE:[1]',
  })
  await refuses(
    { securityProtocol: 'PLAINTEXT', saslMechanisms: undefined },
    /^option listeners\[0\]\.kerberos: expected securityProtocol 'SASL_PLAINTEXT' or 'SASL_SSL' beside it$/,
  )
  t.equal(Gss.held, before, 'and what was opened before that is closed')
})

t.test('a machine without koffi, or without the library, is told what to install', async (t) => {
  const index = join(import.meta.dirname, '..', '..', '..', 'lib', 'index.js')
  const start = `
    const { Cluster } = await import(${JSON.stringify(index)})
    const listeners = [{ securityProtocol: 'SASL_PLAINTEXT', saslMechanisms: ['GSSAPI'] }]
    await Cluster.start({ listeners }).catch((error) => console.log(error.name, error.message))`
  const said = (patch: string) => {
    const file = kdc.file('patch.cjs')
    writeFileSync(file, patch)
    const [command, args] = plainCommand(process.execPath, [
      ...['--require', file, '--input-type=module', '--eval', start],
    ])
    const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
    return stdout + stderr
  }
  const module = "const Module = require('node:module')\nconst load = Module._load\n"
  const without = (body: string) =>
    `${module}Module._load = (name, ...rest) => { ${body}; return load(name, ...rest) }`
  t.match(
    said(without("if (name === 'koffi') throw new Error('gone')")),
    /^OptionError GSSAPI on listener SASL_PLAINTEXT: it needs the optional package 'koffi': run npm install koffi$/m,
  )
  t.match(
    said(without("if (name === 'koffi') return { load() { throw new Error('gone') } }")),
    /^OptionError GSSAPI on listener SASL_PLAINTEXT: it needs MIT Kerberos' library libgssapi_krb5.*: install it/m,
  )
})

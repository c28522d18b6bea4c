// SCRAM against the examples of RFC 5802's descendants, its limits, and the APIs that keep its credentials (KIP-554).
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { Step } from '../../../lib/security/mechanism.ts'
import {
  SCRAM_MECHANISMS,
  type ScramCredential,
  type ScramMechanism,
  type ScramMechanismName,
  saltedPassword,
  scramCredential,
} from '../../../lib/security/scram/formatter.ts'
import { readClientFinal, readClientFirst } from '../../../lib/security/scram/messages.ts'
import { ScramExchange } from '../../../lib/security/scram/server.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { alterUserScramCredentials } from '../../../protocol/messages/alter-user-scram-credentials.ts'
import { describeUserScramCredentials } from '../../../protocol/messages/describe-user-scram-credentials.ts'
import { type SaslPeer, saslRig } from '../../helpers/security/sasl-rig.ts'
import { ScramClient } from '../../helpers/security/scram-client.ts'

const NAMES = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

function credential(name: ScramMechanismName, password: string, salt: Buffer, iterations = 4096) {
  const mechanism = SCRAM_MECHANISMS[name]
  return scramCredential(mechanism, saltedPassword(mechanism, password, salt, iterations), salt, iterations)
}

function exchange(name: ScramMechanismName, user: string, kept: ScramCredential, nonce: string) {
  return new ScramExchange(
    SCRAM_MECHANISMS[name],
    { credentialOf: (asked) => (asked === user ? kept : undefined), tokenLogin: () => undefined },
    () => nonce,
  )
}

function text(step: Step): string {
  return 'token' in step ? Buffer.from(step.token ?? []).toString() : step.kind
}

t.test('the example of RFC 7677', async (t) => {
  const kept = credential('SCRAM-SHA-256', 'pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'))
  const server = exchange('SCRAM-SHA-256', 'user', kept, '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0')
  const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
  const first = server.evaluate(Buffer.from('n,,n=user,r=rOprNGfwEbeRWgbNEkqO'))
  t.equal(text(first), `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`)
  const proof = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='
  const last = server.evaluate(Buffer.from(`c=biws,r=${nonce},p=${proof}`))
  t.equal(text(last), 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
  t.match(last, { kind: 'done', principal: { principalType: 'User', name: 'user' } })
})

t.test('the example of RFC 5802, in SHA-1, which Kafka has not: the formulas are the same', async (t) => {
  const sha1 = { type: 0, hash: 'sha1', length: 20 } as unknown as ScramMechanism
  const salt = Buffer.from('QSXCR+Q6sek8bf92', 'base64')
  const kept = scramCredential(sha1, saltedPassword(sha1, 'pencil', salt, 4096), salt, 4096)
  const accounts = { credentialOf: () => kept, tokenLogin: () => undefined }
  const server = new ScramExchange(sha1, accounts, () => '3rfcNHYJY1ZVvWVs7j')
  const nonce = 'fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j'
  const first = server.evaluate(Buffer.from('n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL'))
  t.equal(text(first), `r=${nonce},s=QSXCR+Q6sek8bf92,i=4096`)
  const last = server.evaluate(Buffer.from(`c=biws,r=${nonce},p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=`))
  t.equal(text(last), 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=')
})

t.test('any user, any password, and nobody else', async (t) => {
  const character = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  const name = fc
    .string({ unit: 'binary-ascii', minLength: 1, maxLength: 20 })
    .filter((name) => !name.includes('\0'))
  fc.assert(
    fc.property(
      fc.constantFrom(...NAMES),
      name,
      character,
      character,
      fc.uint8Array(),
      (mechanism, user, password, other, salt) => {
        const kept = credential(mechanism, password, Buffer.from(salt))
        for (const tried of [password, other]) {
          const client = new ScramClient(mechanism, user, tried)
          const server = exchange(mechanism, user, kept, 'abc')
          const first = server.evaluate(Buffer.from(client.first()))
          if (first.kind !== 'continue') throw new Error(`the first message: ${first.kind}`)
          const last = server.evaluate(Buffer.from(client.final(Buffer.from(first.token))))
          if ((last.kind === 'done') !== (tried === password)) throw new Error(`${tried}: ${last.kind}`)
          if (last.kind === 'done' && !client.isServer(Buffer.from(last.token ?? [])))
            throw new Error('server signature')
        }
      },
    ),
    { numRuns: 30 },
  )
  t.pass()
})

t.test('what the messages may hold', async (t) => {
  t.match(readClientFirst(Buffer.from('n,a=me=2C,m=x,n=b=3Dc=2C,r=~!,k=v,tokenauth=true')), {
    authorizationId: 'me,',
    username: 'b=c,',
    nonce: '~!',
    isToken: true,
    bare: 'm=x,n=b=3Dc=2C,r=~!,k=v,tokenauth=true',
  })
  for (const wrong of [
    '',
    'n,,n=a',
    'n,,r=b',
    'n,,n=,r=b',
    'n,,n=a,r=',
    'y,,n=a,r=b',
    'p=tls-unique,,n=a,r=b',
    'n,x=y,n=a,r=b',
    'n,,n=a=2D,r=b',
    'n,,n=å,r=b',
    'n,,n=a,r=b,9=x',
    'n,,n=a,r=b c',
    'n,,n=a,r=b\n',
  ]) {
    t.equal(readClientFirst(Buffer.from(wrong)), undefined, wrong)
  }
  t.match(readClientFinal(Buffer.from('c=biws,r=ab,x=y,p=AAAA')), {
    nonce: 'ab',
    proof: Buffer.alloc(3),
    unsigned: 'c=biws,r=ab',
  })
  for (const wrong of [
    '',
    'c=biws,r=ab',
    'c=b,r=ab,p=AAAA',
    'c=biws,p=AAAA',
    'c=biws,r=ab,p=A',
    'r=ab,p=AAAA',
  ]) {
    t.equal(readClientFinal(Buffer.from(wrong)), undefined, wrong)
  }
})

t.test('what is refused, when, and with which words', async (t) => {
  const kept = credential('SCRAM-SHA-256', 'p', Buffer.from('salt'))
  const first = (token: string, own = kept) =>
    exchange('SCRAM-SHA-256', 'u', own, 'srv').evaluate(Buffer.from(token))
  t.equal(first('n,,n=u,r=c').kind, 'continue')
  t.equal(first('n,,n=nobody,r=c').kind, 'invalid', 'on the first message already')
  t.equal(first('n,,n=u,r=c,tokenauth=true').kind, 'invalid', 'there are no delegation tokens')
  t.equal(first('n,,n=u,r=c', { ...kept, iterations: 4095 }).kind, 'invalid')
  t.equal(first('n,a=u,n=u,r=c').kind, 'continue')
  t.same(first('n,a=v,n=u,r=c'), {
    kind: 'refused',
    message: 'Authentication failed: Client requested an authorization id that is different from username',
  })
  for (const change of [
    (final: string) => final.replace(/p=.*/, `p=${Buffer.alloc(32).toString('base64')}`),
    (final: string) => final.replace(/r=[^,]+/, 'r=other'),
  ]) {
    const server = exchange('SCRAM-SHA-256', 'u', kept, 'srv')
    const client = new ScramClient('SCRAM-SHA-256', 'u', 'p')
    const begun = server.evaluate(Buffer.from(client.first()))
    const final = change(client.final(Buffer.from(text(begun))))
    t.equal(server.evaluate(Buffer.from(final)).kind, 'invalid')
  }
  const server = exchange('SCRAM-SHA-256', 'u', kept, 'srv')
  server.evaluate(Buffer.from('n,,n=u,r=c'))
  t.equal(server.evaluate(Buffer.from('c=biws,r=csrv,p=AAAA')).kind, 'broken', 'a proof of a wrong length')
})

/** Logs in on a connection of its own; the last answer. */
async function login(peer: SaslPeer, mechanism: string, user: string, password: string, advance: () => void) {
  const client = new ScramClient(mechanism, user, password)
  await peer.handshake(1, mechanism)
  const first = peer.authenticate(2, client.first())
  setImmediate(() => setImmediate(() => setImmediate(advance)))
  const { errorCode, authBytes, errorMessage } = await first
  if (errorCode !== 0) return { rounds: 1, errorCode, errorMessage }
  const last = peer.authenticate(2, client.final(authBytes))
  setImmediate(() => setImmediate(() => setImmediate(advance)))
  const answer = await last
  if (answer.errorCode === 0 && !client.isServer(answer.authBytes))
    throw new Error('the server does not know')
  return { rounds: 2, errorCode: answer.errorCode, errorMessage: answer.errorMessage }
}

for (const mechanism of NAMES) {
  t.test(`${mechanism} over the wire: vague when it refuses`, async (t) => {
    const { connect, clock } = await saslRig(t)
    const advance = () => clock.advance(100)
    const vague = `Authentication failed during authentication due to invalid credentials with SASL mechanism ${mechanism}`
    const wrong = { errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED, errorMessage: vague }
    t.match(await login(connect(), mechanism, 'alice', 'secret', advance), { rounds: 2, errorCode: 0 })
    t.match(await login(connect(), mechanism, 'alice', 'wrong', advance), { rounds: 2, ...wrong })
    t.match(await login(connect(), mechanism, 'nobody', 'secret', advance), { rounds: 1, ...wrong })
  })
}

async function admin(t: Test) {
  const { cluster, connect, clock } = await saslRig(t, {
    listeners: [
      { name: 'OPEN', transport: 'memory' },
      { name: 'SASL', securityProtocol: 'SASL_PLAINTEXT', transport: 'memory' },
    ],
    users: [],
  })
  const peer = connect('OPEN')
  const describe = async (...names: string[]) => {
    const users = names.length === 0 ? null : names.map((name) => ({ name }))
    return (await peer.request(describeUserScramCredentials, 0, { users })).body.results
  }
  type Wish = Parameters<typeof peer.request<typeof alterUserScramCredentials>>[2]
  const alter = async (wish: Wish) => (await peer.request(alterUserScramCredentials, 0, wish)).body.results
  return { cluster, clock, connect: () => connect('SASL'), describe, alter }
}

t.test('clients make, describe and delete credentials, and log in with them', async (t) => {
  const { cluster, clock, connect, describe, alter } = await admin(t)
  const salt = Buffer.from('pepper')
  const salted = saltedPassword(SCRAM_MECHANISMS['SCRAM-SHA-512'], 'mine', salt, 8192)
  const wish = { name: 'eve', mechanism: 2, iterations: 8192, salt, saltedPassword: salted }
  t.match(await alter({ upsertions: [wish] }), [{ user: 'eve', errorCode: 0 }])
  t.match(await describe('eve'), [{ errorCode: 0, credentialInfos: [{ mechanism: 2, iterations: 8192 }] }])
  t.match(cluster.users.list(), [{ name: 'eve', mechanisms: ['SCRAM-SHA-512'] }])
  const advance = () => clock.advance(100)
  t.match(await login(connect(), 'SCRAM-SHA-512', 'eve', 'mine', advance), { rounds: 2, errorCode: 0 })
  t.match(await login(connect(), 'SCRAM-SHA-256', 'eve', 'mine', advance), { rounds: 1, errorCode: 58 })
  cluster.users.changePassword('eve', 'yours')
  t.match(await login(connect(), 'SCRAM-SHA-512', 'eve', 'mine', advance), { rounds: 2, errorCode: 58 })
  t.match(await login(connect(), 'SCRAM-SHA-512', 'eve', 'yours', advance), { rounds: 2, errorCode: 0 })
  cluster.users.add({ name: 'zoe', password: 'z' })
  t.match(
    (await describe()).map(({ user, credentialInfos }) => [user, credentialInfos.length]),
    [
      ['eve', 1],
      ['zoe', 2],
    ],
  )
  t.match(await alter({ deletions: [{ name: 'eve', mechanism: 2 }] }), [{ user: 'eve', errorCode: 0 }])
  t.match(await login(connect(), 'SCRAM-SHA-512', 'eve', 'yours', advance), { rounds: 1, errorCode: 58 })
  t.match(await describe('eve', 'zoe', 'zoe'), [
    {
      user: 'eve',
      errorCode: ErrorCode.RESOURCE_NOT_FOUND,
      errorMessage: 'Attempt to describe a user credential that does not exist: eve',
    },
    {
      user: 'zoe',
      errorCode: ErrorCode.DUPLICATE_RESOURCE,
      errorMessage: 'Cannot describe SCRAM credentials for the same user twice in a single request: zoe',
    },
  ])
})

t.test("each user's change is refused by itself", async (t) => {
  const { cluster, alter } = await admin(t)
  cluster.users.add({ name: 'zoe', password: 'z' })
  const good = { mechanism: 1, iterations: 4096, salt: Buffer.from('s'), saltedPassword: Buffer.alloc(32) }
  const results = await alter({
    deletions: [
      { name: 'nobody', mechanism: 1 },
      { name: 'x', mechanism: 0 },
      { name: 'zoe', mechanism: 1 },
    ],
    upsertions: [
      { ...good, name: '' },
      { ...good, name: 'a', mechanism: 3 },
      { ...good, name: 'b', iterations: 4095 },
      { ...good, name: 'c', iterations: 16_385 },
      { ...good, name: 'zoe', mechanism: 2 },
      { ...good, name: 'd', iterations: 16_384 },
    ],
  })
  t.same(
    new Map(results.map(({ user, errorCode, errorMessage }) => [user, [errorCode, errorMessage]])),
    new Map<string, unknown>([
      ['nobody', [91, 'Attempt to delete a user credential that does not exist']],
      ['x', [33, 'Unknown SCRAM mechanism']],
      ['zoe', [92, 'A user credential cannot be altered twice in the same request']],
      ['', [93, 'Username must not be empty']],
      ['a', [33, 'Unknown SCRAM mechanism']],
      ['b', [93, 'Too few iterations']],
      ['c', [93, 'Too many iterations']],
      ['d', [0, null]],
    ]),
  )
  t.same(
    cluster.users.list().map(({ name }) => name),
    ['d', 'zoe'],
  )
})

// What is said of a token: Kafka's unsecured validator and that of KIP-768, rule by rule, on a clock that stands still.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { ManualClock } from '../../../../lib/index.ts'
import { readJaasConfig } from '../../../../lib/security/jaas-config.ts'
import { readInitialResponse } from '../../../../lib/security/oauth/initial-response.ts'
import { JwksFile } from '../../../../lib/security/oauth/jwks-file.ts'
import { type ClaimRules, judgeClaims } from '../../../../lib/security/oauth/jwt-claims.ts'
import { jwtValidator } from '../../../../lib/security/oauth/jwt-validator.ts'
import type { Judgement } from '../../../../lib/security/oauth/token-validator.ts'
import { unsecuredRules, unsecuredValidator } from '../../../../lib/security/oauth/unsecured-validator.ts'
import { makeSigner, unsecured } from '../../../helpers/security/tokens.ts'

const clock = new ManualClock()
const NOW = clock.now() / 1000
const GOOD = { sub: 'alice', iat: NOW - 10, exp: NOW + 60 }

/** `valid alice 60`, with the seconds that are left. */
function told(judgement: Judgement): string {
  if (judgement.kind === 'valid')
    return `valid ${judgement.principalName} ${(judgement.expiresAt - clock.now()) / 1000}`
  return judgement.kind === 'broken' ? 'broken' : `${judgement.status}${judgement.scope ?? ''}`
}

t.test('the unsecured validator', async (t) => {
  const judge = (token: string, options: Record<string, string> = {}) => {
    const judgement = unsecuredValidator(unsecuredRules(new Map(Object.entries(options))), clock)(token)
    return told(judgement as Judgement)
  }
  const cases: [string, string, Record<string, string>?][] = [
    [unsecured(GOOD), 'valid alice 60'],
    [unsecured({ ...GOOD, iat: undefined }), 'valid alice 60'],
    [unsecured({ ...GOOD, exp: NOW + 0.0004 }), 'valid alice 0'],
    [unsecured({ ...GOOD, exp: NOW + 1.2344 }), 'valid alice 1.234'],
    [unsecured({ ...GOOD, sub: '-_ÿ' }), 'valid -_ÿ 60'],
    [unsecured({ ...GOOD, sub: true }), 'valid true 60'],
    [unsecured({ ...GOOD, sub: null }), 'valid null 60'],
    [unsecured({ ...GOOD, nbf: NOW + 30 }), 'valid alice 60'],
    [unsecured({ ...GOOD, sub: ' ' }), 'invalid_token'],
    [unsecured({ ...GOOD, sub: 7 }), 'invalid_token'],
    [unsecured({ ...GOOD, sub: {} }), 'invalid_token'],
    [unsecured({ ...GOOD, sub: undefined }), 'invalid_token'],
    [unsecured({ ...GOOD, exp: undefined }), 'invalid_token'],
    [unsecured({ ...GOOD, exp: 'x' }), 'invalid_token'],
    [unsecured({ ...GOOD, exp: NOW }), 'invalid_token'],
    [unsecured({ ...GOOD, exp: NOW }), 'valid alice 0', { AllowableClockSkewMs: '1' }],
    [unsecured({ ...GOOD, iat: 'x' }), 'invalid_token'],
    [unsecured({ ...GOOD, iat: NOW + 1 }), 'invalid_token'],
    [unsecured({ ...GOOD, iat: NOW + 1 }), 'valid alice 60', { AllowableClockSkewMs: ' 1000 ' }],
    [unsecured({ ...GOOD, iat: NOW + 60 }), 'invalid_token', { AllowableClockSkewMs: '60000' }],
    [unsecured({ ...GOOD, scope: 7 }), 'invalid_token'],
    [unsecured({ ...GOOD, scope: 'a b' }), 'insufficient_scope[a]', { RequiredScope: 'a' }],
    [unsecured({ ...GOOD, scope: ['a', ' b '] }), 'valid alice 60', { RequiredScope: 'b a' }],
    [unsecured({ ...GOOD, scope: ['a'] }), 'insufficient_scope[a, b]', { RequiredScope: ' a  b' }],
    [unsecured({ ...GOOD, rights: 'a' }), 'valid alice 60', { RequiredScope: 'a', ScopeClaimName: 'rights' }],
    [unsecured({ ...GOOD, who: 'bob' }), 'valid bob 60', { PrincipalClaimName: ' who ' }],
    [unsecured(GOOD, { alg: 'HS256' }), 'invalid_token'],
    [unsecured(GOOD, { alg: ['none'] }), 'invalid_token'],
    [unsecured(GOOD, {}), 'broken'],
    [unsecured(GOOD, '[1]'), 'broken'],
    [unsecured(GOOD, 'null'), 'broken'],
    [unsecured('{', { alg: 'none' }), 'invalid_token'],
    [unsecured(GOOD, '{'), 'invalid_token'],
    [`${unsecured(GOOD)}abcd`, 'invalid_token'],
    [`A${unsecured(GOOD)}`, 'invalid_token'],
    [unsecured(GOOD).slice(0, -1), 'invalid_token'],
    [`.${unsecured(GOOD)}`, 'invalid_token'],
    [`+${unsecured(GOOD).slice(1)}`, 'invalid_token'],
    [`${unsecured(GOOD)}==`, 'invalid_token'],
    ['..', 'invalid_token'],
    ['a', 'invalid_token'],
  ]
  for (const [token, expected, rules = {}] of cases) {
    const options = Object.fromEntries(
      Object.entries(rules).map(([name, value]) => [`unsecuredValidator${name}`, value]),
    )
    t.equal(judge(token, options), expected, `${Buffer.from(token.split('.')[1] ?? '', 'base64url')}`)
  }
  for (const options of [
    { AllowableClockSkewMs: '-1' },
    { AllowableClockSkewMs: 'x' },
    { RequiredScope: '"' },
  ]) {
    const given = Object.entries(options).map(
      ([name, value]) => [`unsecuredValidator${name}`, value] as const,
    )
    t.throws(() => unsecuredRules(new Map(given)), /^unsecuredValidator\w+: expected /)
  }
})

const RULES: ClaimRules = {
  clockSkewSeconds: 30,
  expectedAudience: [],
  expectedIssuer: null,
  scopeClaimName: 'scope',
  subClaimName: 'sub',
}

t.test('the claims of a signed token', async (t) => {
  const cases: [object, string, Partial<ClaimRules>?][] = [
    [{}, 'valid alice 60'],
    [{ exp: NOW + 60.9 }, 'valid alice 60'],
    [{ exp: NOW - 29, iat: NOW - 90 }, 'valid alice -29'],
    [{ exp: NOW - 30, iat: NOW - 90 }, 'invalid_token'],
    [{ exp: NOW, iat: NOW + 1 }, 'invalid_token'],
    [{ exp: undefined }, 'invalid_token'],
    [{ exp: '9' }, 'invalid_token'],
    [{ exp: 1e300 }, 'invalid_token'],
    [{ iat: undefined }, 'invalid_token'],
    [{ iat: '9' }, 'invalid_token'],
    [{ iat: -1 }, 'invalid_token'],
    // Nobody looks whether it was issued in the future.
    [{ iat: NOW + 50 }, 'valid alice 60'],
    [{ nbf: NOW + 30 }, 'valid alice 60'],
    [{ nbf: NOW + 31 }, 'invalid_token'],
    [{ nbf: NOW + 61 }, 'invalid_token', { clockSkewSeconds: 100 }],
    [{ nbf: 'x' }, 'invalid_token'],
    [{ sub: ' alice ' }, 'valid alice 60'],
    [{ sub: ' ' }, 'invalid_token'],
    [{ sub: undefined }, 'invalid_token'],
    [{ who: 'bob' }, 'valid bob 60', { subClaimName: 'who' }],
    [{ who: 'bob', sub: 7 }, 'invalid_token', { subClaimName: 'who' }],
    [{ jti: 7 }, 'invalid_token'],
    [{ iss: 7 }, 'invalid_token'],
    [{ iss: 'x' }, 'valid alice 60'],
    [{ iss: 'x' }, 'valid alice 60', { expectedIssuer: 'x' }],
    [{ iss: 'X' }, 'invalid_token', { expectedIssuer: 'x' }],
    [{}, 'invalid_token', { expectedIssuer: 'x' }],
    [{ aud: 7 }, 'valid alice 60'],
    [{ aud: 'a' }, 'valid alice 60', { expectedAudience: ['b', 'a'] }],
    [{ aud: ['c', 'b'] }, 'valid alice 60', { expectedAudience: ['b', 'a'] }],
    [{ aud: ['b', 7] }, 'invalid_token', { expectedAudience: ['b'] }],
    [{ aud: 'c' }, 'invalid_token', { expectedAudience: ['b', 'a'] }],
    [{}, 'invalid_token', { expectedAudience: ['b', 'a'] }],
    [{ scope: 'a b' }, 'valid alice 60'],
    [{ scope: ['a', 'b'] }, 'valid alice 60'],
    [{ scope: 7 }, 'valid alice 60'],
    [{ scope: '' }, 'invalid_token'],
    [{ scope: ['a', ' a'] }, 'invalid_token'],
    [{ scope: ['a', null] }, 'invalid_token'],
    [{ scope: ['a', 7] }, 'broken'],
    [{ rights: ['a', 7] }, 'broken', { scopeClaimName: 'rights' }],
  ]
  for (const [claims, expected, rules] of cases) {
    const given = { ...GOOD, ...claims }
    t.equal(told(judgeClaims(given, { ...RULES, ...rules }, clock.now())), expected, JSON.stringify(claims))
  }
})

t.test('signatures, and keys in a file that is written again', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'josephk-jwks-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'jwks.json')
  let written = 0
  const write = (...keys: object[]) => {
    writeFileSync(file, JSON.stringify({ keys }))
    utimesSync(file, ++written, written)
  }
  const [first, second, nameless] = await Promise.all([
    makeSigner('1'),
    makeSigner('2', 'RS256'),
    makeSigner(undefined),
  ])
  write(first.jwk)
  const keys = new JwksFile(file)
  await keys.start()
  const validate = jwtValidator(keys, RULES, clock)
  const judge = async (token: string) => told(await validate(token))

  t.equal(await judge(await first.sign(GOOD)), 'valid alice 60')
  t.equal(await judge(await first.sign(GOOD, { kid: null })), 'valid alice 60', 'there is but one')
  t.equal(await judge(await first.sign(GOOD, { kid: '2' })), 'invalid_token')
  t.equal(await judge(await nameless.sign(GOOD, { kid: '1' })), 'invalid_token', 'of somebody else')
  t.equal(await judge(await second.sign(GOOD)), 'invalid_token')
  write(first.jwk, second.jwk)
  t.equal(await judge(await second.sign(GOOD)), 'valid alice 60')
  t.equal(await judge(await first.sign(GOOD)), 'valid alice 60')
  write(nameless.jwk, first.jwk)
  t.equal(await judge(await first.sign(GOOD, { kid: null })), 'invalid_token', 'the first that fits is taken')
  t.equal(await judge(await nameless.sign(GOOD)), 'valid alice 60')
  const token = await first.sign(GOOD)
  const [header, , signature] = token.split('.')
  for (const bad of [
    unsecured(GOOD),
    `${unsecured(GOOD)}abcd`,
    `${header}.${Buffer.from(JSON.stringify({ ...GOOD, sub: 'bob' })).toString('base64url')}.${signature}`,
    token.slice(0, -6),
    'a.b.c',
    'a.b',
    `${token}.`,
  ]) {
    t.equal(await judge(bad), 'invalid_token')
  }
  writeFileSync(file, '{')
  utimesSync(file, 99, 99)
  t.equal(await judge(token), 'invalid_token', 'without keys')
  rmSync(file)
  t.equal(await judge(token), 'invalid_token', 'without a file')
  t.equal(JSON.stringify(keys).includes('kty'), false)
})

t.test('what clients say first', (t) => {
  const read = (text: string) => {
    const first = readInitialResponse(Buffer.from(text, 'latin1'))
    if ('kind' in first) return first.kind
    return [first.token, first.authorizationId, ...first.extensions].flat().join(' ')
  }
  const cases: [string, string][] = [
    ['n,,\x01auth=Bearer t.o-_k\x01\x01', 't.o-_k '],
    ['n,a=alice,\x01auth=bEARER   t\x01\x01', 't alice'],
    ['n,a=a=2Cb,\x01auth=Bearer t\x01\x01', 't a=2Cb'],
    ['n,,\x01a=1\x01auth=Bearer t\x01b=x y\t=\x01\x01', 't  a 1 b x y\t='],
    ['n,,\x01auth=x\x01auth=Bearer t\x01\x01', 't '],
    ['', 'invalid'],
    ['\x01', 'invalid'],
    ['n', 'invalid'],
    ['n,,', 'invalid'],
    ['y,,\x01auth=Bearer t\x01\x01', 'invalid'],
    ['n,alice,\x01auth=Bearer t\x01\x01', 'invalid'],
    ['n,a=,\x01auth=Bearer t\x01\x01', 'invalid'],
    ['n,a=a=b,\x01auth=Bearer t\x01\x01', 'invalid'],
    ['n,a=\xe9,\x01auth=Bearer t\x01\x01', 'invalid'],
    ['n,,auth=Bearer t\x01\x01', 'invalid'],
    ['n,,\x01auth=Bearer t\x01', 'invalid'],
    ['n,,\x01auth=Bearer t\x01\x01\x01', 'invalid'],
    ['n,,\x01\x01', 'invalid'],
    ['n,,\x01auth=Bearer\x01\x01', 'invalid'],
    ['n,,\x01auth=Bearer -._~+/t==\x01\x01', '-._~+/t== '],
    ['n,,\x01auth=Bearer t=t\x01\x01', 'invalid'],
    ['n,,\x01auth=Bearer t*\x01\x01', 'invalid'],
    ['n,,\x01auth=Bearer t\x01b1=x\x01\x01', 'invalid'],
    ['n,,\x01auth=Bearer t\x01b=\x01\x01', 'invalid'],
    ['n,,\x01auth=Bearer t\x01b=\xe9\x01\x01', 'invalid'],
    ['n,,\x01auth=Basic t\x01\x01', 'broken'],
  ]
  for (const [text, expected] of cases) t.equal(read(text), expected, JSON.stringify(text))
  t.end()
})

t.test("JAAS configurations in Kafka's form", (t) => {
  const read = (text: string) => {
    const { loginModule, options } = readJaasConfig(text)
    return [loginModule, Object.fromEntries(options)]
  }
  t.same(read('a.b.Module required;'), ['a.b.Module', {}])
  t.same(read(' M Required a="x y" b=z\n c = "=\\";\\\\" ;'), ['M', { a: 'x y', b: 'z', c: '=";\\' }])
  t.same(
    read('M required a=";" b="=" "=" = ";";'),
    ['M', { a: ';', b: '=', '=': ';' }],
    'signs in quotes are text',
  )
  for (const text of [
    '',
    'M',
    'M;',
    '; required;',
    'M required a=;;',
    'M required = = b;',
    'M often;',
    'M required',
    'M required a;',
    'M required a=;',
    'M required a="x;',
    'M required; N required;',
  ]) {
    t.throws(() => readJaasConfig(text), /^expected /, text)
  }
  const word = fc.stringMatching(/^[a-zA-Z0-9.$_-]{1,9}$/)
  fc.assert(
    fc.property(word, fc.dictionary(word, fc.string()), (module, options) => {
      const written = Object.entries(options).map(
        ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
      )
      t.same(read(`${module} required ${written.join(' ')};`), [module, { ...options }])
    }),
    { numRuns: 50 },
  )
  t.end()
})

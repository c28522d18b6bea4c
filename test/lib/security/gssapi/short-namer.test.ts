// What `KerberosShortNamer` makes of names; the conformance suite `gssapi` asks Kafka's own class about many more.
import t from 'tap'
import { ShortNamer } from '../../../../lib/security/gssapi/short-namer.ts'

const REALM = 'EXAMPLE.COM'

t.test('rules, the first that applies', async (t) => {
  const rows: readonly [rules: string[], name: string, short: string][] = [
    [['DEFAULT'], 'alice@EXAMPLE.COM', 'alice'],
    [['DEFAULT'], 'kafka/localhost@EXAMPLE.COM', 'kafka'],
    [['DEFAULT'], 'alice', 'alice'],
    [['RULE:[1:$1@$0](.*@OTHER)s/@.*//', 'DEFAULT'], 'alice@OTHER', 'alice'],
    [['RULE:[2:$1-$2]', 'DEFAULT'], 'kafka/localhost@OTHER', 'kafka-localhost'],
    [['RULE:[2:$1-$2]', 'DEFAULT'], 'alice@EXAMPLE.COM', 'alice'],
    [['RULE:[1:$1](a.*)s/[ae]/X/'], 'alice@EXAMPLE.COM', 'Xlice'],
    [['RULE:[1:$1](a.*)s/[ae]/X/g'], 'alice@EXAMPLE.COM', 'XlicX'],
    [['RULE:[1:$1]s/(.)(.)/$2$1/g'], 'alice@EXAMPLE.COM', 'lacie'],
    [['RULE:[1:$1]/U'], 'alice@EXAMPLE.COM', 'ALICE'],
    [['RULE:[1:$0]/L'], 'alice@EXAMPLE.COM', 'example.com'],
    [['RULE:[1:$1]s/a/b/g/L'], 'Aa@EXAMPLE.COM', 'ab'],
    [['RULE:[1:user]'], 'alice@EXAMPLE.COM', 'user'],
  ]
  for (const [rules, name, short] of rows) {
    t.equal(new ShortNamer(REALM, rules).shortName(name), short, `${rules} ${name}`)
  }
})

t.test('names that no rule makes one of', async (t) => {
  const rows: readonly [rules: string[], name: string, why: RegExp][] = [
    [['DEFAULT'], 'alice@OTHER', /no rule .* applies to alice@OTHER/],
    [[], 'alice@EXAMPLE.COM', /no rule/],
    [['DEFAULT'], 'a/b/c@EXAMPLE.COM', /Malformed Kerberos name/],
    [['RULE:[1:$1@$0]'], 'alice@EXAMPLE.COM', /Non-simple name alice@EXAMPLE.COM/],
    [['RULE:[1:$2]', 'DEFAULT'], 'alice@EXAMPLE.COM', /expected \$0 to \$1, got \$2/],
    [['RULE:[1:$]', 'DEFAULT'], 'alice@EXAMPLE.COM', /expected \$0 to \$1, got \$$/],
    [['RULE:[1:$1]s/a/$1/', 'DEFAULT'], 'alice@EXAMPLE.COM', /No group 1/],
  ]
  for (const [rules, name, message] of rows) {
    t.throws(() => new ShortNamer(REALM, rules).shortName(name), { message }, `${rules} ${name}`)
  }
})

t.test('rules that are none', async (t) => {
  for (const rule of [
    '',
    'RULE',
    'RULE:[1:$1',
    'RULE:[:$1]',
    'RULE:[9999999999:$1]',
    'RULE:[1:$1]s/a/b',
    'DEFAULT/L',
  ]) {
    t.throws(() => new ShortNamer(REALM, [rule]), /^Invalid rule: /, rule)
  }
  t.throws(() => new ShortNamer(REALM, ['RULE:[1:$1](*)']), /Invalid regular expression/)
})

import t from 'tap'
import { PrincipalMapping } from '../../../../lib/security/tls/principal-mapping.ts'

const SUBJECT = String.raw`CN=kafka client,OU=Eng\, West,O=Acme,C=DE`

t.test('names are as Kafka makes them of the same rules and the same subject', async (t) => {
  const expected: [rules: string, name: string][] = [
    ['DEFAULT', SUBJECT],
    [' DEFAULT , RULE:a/b/', SUBJECT],
    ['RULE:^CN=(.*?),OU=(.*)$/$1@$2/U,DEFAULT', String.raw`KAFKA CLIENT@ENG\, WEST,O=ACME,C=DE`],
    ['RULE:CN=nobody/x/, RULE:CN=(.*?),.*/$1/L', 'kafka client'],
    ['RULE:CN=nobody/x/,DEFAULT', SUBJECT],
    // Kafka replaces each match, and the empty end of the name is another one.
    ['RULE:.*/x/', 'xx'],
    ['RULE:CN=(.*?),.*/$1$9/L', 'kafka client$9'],
    ['RULE:CN=([a-z])(.*)/$12/', 'k2'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is Java's
    ['RULE:CN=(?<n>[a-z])(.*)/${n}/', 'k'],
    ['RULE:CN=(?<n>[a-z])(.*)/$2$1/', String.raw`afka client,OU=Eng\, West,O=Acme,C=DEk`],
    [String.raw`RULE:CN=(.*?),.*/a\$1/L`, 'a$1'],
    ['RULE:CN=(.*?),.*/$0/L', SUBJECT.toLowerCase()],
    [String.raw`RULE:CN=(.*)/a\/b/`, 'a/b'],
  ]
  for (const [rules, name] of expected) t.equal(new PrincipalMapping(rules).nameOf(SUBJECT), name, rules)
})

t.test('where no rule applies, there is no name', async (t) => {
  for (const rules of ['', ',', 'RULE:CN=nobody/$1/', String.raw`RULE:(CN)=(.*?)\/,/$1/`]) {
    t.throws(
      () => new PrincipalMapping(rules).nameOf(SUBJECT),
      /no rule .* applies to CN=kafka client/,
      rules,
    )
  }
})

t.test('wrong rules are refused, in the words of Kafka', async (t) => {
  for (const [rules, wrong, unmatched] of [
    ['RULE:^CN=(.*?),.*$/$1/,foo', 'foo', 'foo'],
    ['default', 'default', 'default'],
    ['RULE:a', 'RULE:a', 'RULE:a'],
    ['RULE:a/b/c', 'RULE:a/b/c', 'c'],
    ['RULE:a/b/LU', 'RULE:a/b/LU', 'U'],
    ['DEFAULT RULE:a/b/', 'DEFAULT RULE:a/b/', ' RULE:a/b/'],
  ] as const) {
    const message = `Invalid rule: \`${wrong}\`, unmatched substring: \`${unmatched}\``
    t.throws(() => new PrincipalMapping(rules), { message }, rules)
  }
  t.throws(() => new PrincipalMapping('RULE:CN=(/$1/'), SyntaxError)
  for (const replacement of ['$x', 'a$', '${']) {
    t.throws(() => new PrincipalMapping(`RULE:CN=(.*)/${replacement}/`), /expected a group after each \$/)
  }
})

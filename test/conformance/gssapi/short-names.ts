import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import fc from 'fast-check'
import { ShortNamer } from '../../../lib/security/gssapi/short-namer.ts'
import { realKafkaClasspath, repositoryRoot } from '../../helpers/real-kafka/classpath.ts'

const CASES = 4_000

interface Case {
  readonly realm: string
  readonly name: string
  readonly rules: readonly string[]
}

const word = fc.string({ unit: fc.constantFrom(...'abAB1.-'), minLength: 1, maxLength: 4 })
const realm = fc.constantFrom('A.COM', 'B.ORG', 'A')
const name = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(word, realm).map((parts) => parts.join('@')) },
  { weight: 5, arbitrary: fc.tuple(word, word, realm).map(([a, b, c]) => `${a}/${b}@${c}`) },
  word,
  fc.string({ unit: fc.constantFrom(...'ab/@'), maxLength: 6 }),
)

/** Patterns that mean the same to Java and to JavaScript, some of them nothing to either. */
const pattern = fc
  .array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom('a', 'b', '.', '.*', '@', '\\.', '[ab]', '[^@]+', '@.*', 'A.COM'),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom('^', '$', '(a|b)', '(.)(.)', '\\w+', '(', 'a{2}', '(?:x)?'),
      },
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => parts.join(''))
const format = fc
  .array(fc.oneof(fc.constantFrom('$0', '$1', '$2', '@', '-', 'x'), fc.constantFrom('$', '$3', '$10', '')), {
    maxLength: 4,
  })
  .map((parts) => parts.join(''))
const replacement = fc
  .array(fc.constantFrom('', 'z', '$1', '$0', '$2', '\\$', '$', '\\', '@', '$12'), { maxLength: 3 })
  .map((parts) => parts.join(''))
const rule = fc.oneof(
  { weight: 1, arbitrary: fc.constant('DEFAULT') },
  {
    weight: 8,
    arbitrary: fc
      .record({
        components: fc.constantFrom('1', '1', '2', '2', '0', '3', '', '99999999999'),
        format,
        match: fc.option(pattern.filter((text) => !text.includes(')'))),
        substitution: fc.option(
          fc.tuple(
            pattern.filter((text) => !text.includes('/')),
            replacement,
            fc.constantFrom('', 'g'),
          ),
        ),
        letters: fc.constantFrom('', '', '/L', '/U', 'L', 'U', '/'),
      })
      .map(({ components, format: text, match, substitution, letters }) => {
        const [from, to, repeat] = substitution ?? []
        const whole = match === null ? '' : `(${match})`
        const change = substitution === null ? '' : `s/${from}/${to}/${repeat}`
        return `RULE:[${components}:${text}]${whole}${change}${letters}`
      }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      'DEFAULT/L',
      'RULE',
      'RULE:[1:$1',
      'RULE:[1:$1](a',
      'RULE:[1:$1]s/a/b',
      'x',
    ),
  },
)
const cases: fc.Arbitrary<Case> = fc.record({
  realm,
  name,
  rules: fc.array(rule, { minLength: 1, maxLength: 3 }),
})

/** What `KerberosShortNamer` makes of random names by random rules, and what we do. */
export function compareShortNames(): { passed: number; details: string[] } {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const asked = fc.sample(cases, { numRuns: CASES, seed })
  const theirs = askKafka(asked)
  const details: string[] = []
  for (const [index, each] of asked.entries()) {
    const ours = answer(each)
    if (ours === theirs[index]) continue
    details.push(`seed ${seed}: ${JSON.stringify(each)}\n    kafka:   ${theirs[index]}\n    josephk: ${ours}`)
  }
  return { passed: asked.length - details.length, details }
}

function answer({ realm: own, name: asked, rules }: Case): string {
  let namer: ShortNamer
  try {
    namer = new ShortNamer(own, rules)
  } catch {
    return 'no rule'
  }
  try {
    return `= ${namer.shortName(asked)}`
  } catch {
    return 'no name'
  }
}

function askKafka(asked: readonly Case[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'josephk-short-names-'))
  const classpath = [folder, realKafkaClasspath()].join(delimiter)
  const source = join(repositoryRoot(), 'test', 'conformance', 'gssapi', 'ShortNames.java')
  try {
    execFileSync('javac', ['-d', folder, '-cp', classpath, source])
    const input = asked.map((each) => `${[each.realm, each.name, ...each.rules].join('\t')}\n`).join('')
    const output = execFileSync('java', ['-cp', classpath, 'ShortNames'], { input, encoding: 'utf8' })
    return output.split('\n')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

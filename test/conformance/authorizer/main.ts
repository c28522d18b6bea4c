import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import fc from 'fast-check'
import { randomUuid, SeededRandom } from '../../../lib/lab/random.ts'
import { type AclBinding, ResourceType } from '../../../lib/security/authorization/acl.ts'
import { AclAuthorizer } from '../../../lib/security/authorization/acl-authorizer.ts'
import { PermissionCache } from '../../../lib/security/authorization/permission-cache.ts'
import { realKafkaClasspath, repositoryRoot } from '../../helpers/real-kafka/classpath.ts'
import {
  aclBindings,
  aclText,
  HOSTS,
  NAMES,
  OPERATIONS,
  PRINCIPALS,
} from '../../lib/security/authorization/arbitrary-acls.ts'

const POPULATIONS = 120
const CHANGES = 60
const QUESTIONS_PER_CHANGE = 8
const SHOWN = 20

/** Characters before and after the wildcard in order, and beyond what fits into two bytes. */
const LETTERS = ['a', 'b', '*', '(', 'é', '\u{1f600}', '\uffee']

/*
 * No resource is asked about whose name comes before the wildcard, as '(' does: where a rule on a longer name begins with the
 * same character, Kafka 4.4 looks for the next rule at the place where it is, and never answers.
 */

/** What is said to Kafka's authorizer, and after each question what ours has answered. */
interface Script {
  readonly lines: string[]
  readonly ours: { readonly question: string; readonly isAllowed: boolean }[]
}

/**
 * The same rules and the same questions, at random, to Kafka's own `StandardAuthorizer` and to ours, with the cache before
 * it: every answer has to be the same, while rules come and go and topics are made and unmade.
 */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
  const random = new SeededRandom(seed)
  const script: Script = { lines: [], ours: [] }
  for (let population = 0; population < POPULATIONS; population++) play(script, random)
  const theirs = askKafka(script.lines)
  if (theirs.length !== script.ours.length) throw new Error(`Kafka gave ${theirs.length} answers`)
  const details: string[] = []
  let passed = 0
  for (const [i, { question, isAllowed }] of script.ours.entries()) {
    if (theirs[i] === isAllowed) passed++
    else details.push(`${question}: ours ${isAllowed}, Kafka's ${theirs[i]}`)
  }
  const failed = details.length
  if (failed > 0) details.splice(SHOWN, Number.POSITIVE_INFINITY, `${failed} differ; again with SEED=${seed}`)
  return { passed, failed, details }
}

function play({ lines, ours }: Script, random: SeededRandom): void {
  const one = <T>(values: readonly T[]) => values[random.below(values.length)] as T
  const nameOf = (): string => {
    const known = random.below(2) === 0
    const name = known ? one(NAMES) : Array.from({ length: 1 + random.below(4) }, () => one(LETTERS)).join('')
    return name < '*' ? nameOf() : name
  }
  const superUsers = one([[], ['User:bob']])
  const allowEveryoneIfNoAclFound = random.below(2) === 0
  lines.push(`new\t${superUsers.join(';')}\t${allowEveryoneIfNoAclFound}`)
  const model = new AclAuthorizer({ superUsers, allowEveryoneIfNoAclFound })
  const topics = new Map<string, number>()
  let topicsMade = 0
  const cache = new PermissionCache(model, {
    indexOf: (name) => topics.get(name) ?? -1,
    nameAt: (index) => [...topics].find(([, other]) => other === index)?.[0],
  })
  const ids = new Map<string, string>()
  const drawn = fc.sample(aclBindings, { numRuns: CHANGES, seed: random.below(2 ** 31) })
  for (const plain of drawn) {
    const acl: AclBinding =
      plain.resourceName === '*' || random.below(2) === 0 ? plain : { ...plain, resourceName: nameOf() }
    const id = ids.get(aclText(acl))
    if (id === undefined) {
      const made = randomUuid(random)
      const { resourceType, resourceName, patternType, principal, host, operation, permissionType } = acl
      lines.push(
        [
          'add',
          made,
          resourceType,
          resourceName,
          patternType,
          principal,
          host,
          operation,
          permissionType,
        ].join('\t'),
      )
      model.addAcl(made, acl)
      ids.set(aclText(acl), made)
    } else {
      lines.push(`remove\t${id}`)
      model.removeAcl(id)
      ids.delete(aclText(acl))
    }
    const topic = nameOf()
    if (topics.delete(topic) === false) topics.set(topic, topicsMade++)
    for (let i = 0; i < QUESTIONS_PER_CHANGE; i++) {
      const [principalType = '', name = ''] = one(PRINCIPALS).split(':')
      const host = one(HOSTS)
      const permissions = cache.permissionsOf({ principalType, name }, host)
      const who = `${principalType}:${name}\t${host}`
      const operation = one(OPERATIONS)
      const type = one([ResourceType.TOPIC, ResourceType.TOPIC, ResourceType.GROUP, ResourceType.CLUSTER])
      if (random.below(8) === 0) {
        const line = ['any', who, operation, type].join('\t')
        lines.push(line)
        ours.push({ question: line, isAllowed: permissions.allowsOnAny(operation, type) })
      } else {
        const resource = nameOf()
        const line = ['may', who, operation, type, resource].join('\t')
        lines.push(line)
        ours.push({ question: line, isAllowed: permissions.allows(operation, type, resource) })
      }
    }
  }
}

function askKafka(lines: readonly string[]): boolean[] {
  const source = join(repositoryRoot(), 'test/conformance/authorizer/StandardAuthorizerAnswers.java')
  const output = execFileSync('java', ['-cp', realKafkaClasspath(), source], {
    input: lines.map((line) => `${line}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line === '1')
}

import fc from 'fast-check'
import t from 'tap'
import { randomUuid, SeededRandom } from '../../../../lib/lab/random.ts'
import {
  type AclBinding,
  type AclBindingFilter,
  AclOperation,
  PatternType,
  PermissionType,
  ResourceType,
} from '../../../../lib/security/authorization/acl.ts'
import { AclAuthorizer } from '../../../../lib/security/authorization/acl-authorizer.ts'
import {
  aclBindings,
  aclText,
  HOSTS,
  NAMES,
  OPERATIONS,
  PRINCIPALS,
  resourceTypes,
  subjects,
} from './arbitrary-acls.ts'
import { naiveDecision, naiveOnAny } from './naive-acls.ts'

const random = new SeededRandom(5)

/** The authorizer, and the rules it was told of. */
function both(allowEveryone = false, superUsers: readonly string[] = []) {
  const settings = { allowEveryone, superUsers }
  const authorizer = new AclAuthorizer({ superUsers, allowEveryoneIfNoAclFound: allowEveryone })
  const rules = new Map<string, AclBinding>()
  const idsByText = new Map<string, string>()
  return {
    settings,
    authorizer,
    rules,
    /** Adds the rule, or takes it away where it is there. */
    toggle(acl: AclBinding) {
      const text = aclText(acl)
      const id = idsByText.get(text)
      if (id === undefined) {
        const made = randomUuid(random)
        authorizer.addAcl(made, acl)
        rules.set(made, acl)
        idsByText.set(text, made)
      } else {
        authorizer.removeAcl(id)
        rules.delete(id)
        idsByText.delete(text)
      }
    },
  }
}

const RULE: AclBinding = {
  resourceType: ResourceType.TOPIC,
  resourceName: 'orders',
  patternType: PatternType.LITERAL,
  principal: 'User:alice',
  host: '*',
  operation: AclOperation.READ,
  permissionType: PermissionType.ALLOW,
}

t.test('decides as the rules are written down, while they come and go', async (t) => {
  let questions = 0
  fc.assert(
    fc.property(
      fc.array(aclBindings, { minLength: 1, maxLength: 60 }),
      fc.boolean(),
      fc.constantFrom([], ['User:bob']),
      fc.array(subjects, { minLength: 2, maxLength: 3 }),
      (changes, allowEveryone, superUsers, asking) => {
        const { authorizer, rules, settings, toggle } = both(allowEveryone, superUsers)
        for (const [i, change] of changes.entries()) {
          toggle(change)
          if (i % 10 !== 9 && i !== changes.length - 1) continue
          for (const subject of asking) {
            for (const type of [ResourceType.TOPIC, ResourceType.GROUP] as const) {
              for (const name of NAMES) {
                const decisions = authorizer.decide(subject, AclOperation.READ, type, name)
                for (const operation of OPERATIONS) {
                  questions++
                  const expected = naiveDecision(rules.values(), settings, subject, operation, type, name)
                  if (((decisions >> operation) & 1) === Number(expected)) continue
                  t.fail(`${JSON.stringify({ subject, operation, type, name, expected })}`)
                  return false
                }
              }
            }
          }
        }
        return true
      },
    ),
    { numRuns: 60 },
  )
  t.ok(questions > 20_000, `${questions} questions`)
})

t.test('says whether there is any resource that something may be done to', async () => {
  fc.assert(
    fc.property(
      fc.array(aclBindings, { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      subjects,
      resourceTypes,
      (changes, allowEveryone, subject, type) => {
        const { authorizer, rules, settings, toggle } = both(allowEveryone)
        for (const change of changes) toggle(change)
        for (const operation of OPERATIONS) {
          const expected = naiveOnAny(rules.values(), settings, subject, operation, type)
          if (authorizer.allowsOnAny(subject, operation, type) !== expected) return false
        }
        return true
      },
    ),
    { numRuns: 1500 },
  )
})

t.test('finds the rules that a filter speaks of', async () => {
  const filters: fc.Arbitrary<AclBindingFilter> = fc.record({
    resourceType: fc.constantFrom(ResourceType.ANY, ResourceType.TOPIC),
    resourceName: fc.constantFrom(null, ...NAMES, '*'),
    patternType: fc.constantFrom(...Object.values(PatternType)),
    principal: fc.constantFrom(null, ...PRINCIPALS, 'User:nobody'),
    host: fc.constantFrom(null, '*', ...HOSTS),
    operation: fc.constantFrom(AclOperation.ANY, AclOperation.READ, AclOperation.ALL),
    permissionType: fc.constantFrom(...Object.values(PermissionType)),
  })
  const isMatching = (filter: AclBindingFilter, acl: AclBinding) => {
    const { resourceName: name, patternType } = filter
    const same = (['principal', 'host'] as const).every((key) => [null, acl[key]].includes(filter[key]))
    const equal = (['resourceType', 'operation', 'permissionType'] as const).every((key) =>
      [1, acl[key]].includes(filter[key]),
    )
    if (!same || !equal) return false
    if (patternType === PatternType.MATCH) {
      if (name === null || name === acl.resourceName) return true
      return acl.patternType === PatternType.PREFIXED
        ? name.startsWith(acl.resourceName)
        : acl.resourceName === '*'
    }
    if (patternType !== PatternType.ANY && patternType !== acl.patternType) return false
    return name === null || name === acl.resourceName
  }
  fc.assert(
    fc.property(fc.array(aclBindings, { maxLength: 40 }), fc.array(filters), (changes, asked) => {
      const { authorizer, rules, toggle } = both()
      for (const change of changes) toggle(change)
      for (const filter of asked) {
        const found = new Map([...authorizer.matching(filter)].map(({ id, acl }) => [id, aclText(acl)]))
        const expected = [...rules].filter(([, acl]) => isMatching(filter, acl))
        if (found.size !== expected.length) return false
        if (!expected.every(([id, acl]) => found.get(id) === aclText(acl))) return false
      }
      return authorizer.aclCount === rules.size && [...rules.values()].every((acl) => authorizer.has(acl))
    }),
    { numRuns: 200 },
  )
})

t.test('a rule is there once', async (t) => {
  const authorizer = new AclAuthorizer()
  const [id, other] = [randomUuid(random), randomUuid(random)]
  authorizer.addAcl(id, RULE)
  t.throws(() => authorizer.addAcl(id, { ...RULE, host: '10.0.0.1' }), { message: /with id/ })
  t.throws(() => authorizer.addAcl(other, RULE), { message: /is there already/ })
  t.throws(() => authorizer.removeAcl(other), { message: /no ACL with id/ })
  authorizer.removeAcl(id)
  t.throws(() => authorizer.removeAcl(id), { message: /no ACL with id/ })
  authorizer.addAcl(other, RULE)
  t.equal(authorizer.aclCount, 1)
})

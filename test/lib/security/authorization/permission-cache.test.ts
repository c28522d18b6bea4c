import fc from 'fast-check'
import t from 'tap'
import { randomUuid, SeededRandom } from '../../../../lib/lab/random.ts'
import {
  type AclBinding,
  AclOperation,
  PatternType,
  PermissionType,
  ResourceType,
} from '../../../../lib/security/authorization/acl.ts'
import { AclAuthorizer } from '../../../../lib/security/authorization/acl-authorizer.ts'
import { PermissionCache } from '../../../../lib/security/authorization/permission-cache.ts'
import type {
  PermissionModel,
  Question,
  TopicDirectory,
} from '../../../../lib/security/authorization/permission-model.ts'
import { aclBindings, aclText, HOSTS, NAMES, OPERATIONS, PRINCIPALS } from './arbitrary-acls.ts'
import { naiveDecision, naiveOnAny } from './naive-acls.ts'

const random = new SeededRandom(5)

/** Topics that come and go; an index is never given again. */
class Topics implements TopicDirectory {
  readonly indexes = new Map<string, number>()
  readonly #names: string[] = []

  toggle(name: string): void {
    const index = this.indexes.get(name)
    if (index === undefined) {
      this.indexes.set(name, this.#names.length)
      this.#names.push(name)
    } else {
      this.indexes.delete(name)
      delete this.#names[index]
    }
  }

  indexOf(name: string): number {
    return this.indexes.get(name) ?? -1
  }

  nameAt(index: number): string | undefined {
    return this.#names[index]
  }
}

function principalOf(text: string) {
  const [principalType = '', name = ''] = text.split(':')
  return { principalType, name }
}

type Step = { acl: AclBinding } | { topic: string } | { ask: number }

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: aclBindings.map((acl) => ({ acl })) },
  { weight: 1, arbitrary: fc.constantFrom(...NAMES).map((topic) => ({ topic })) },
  { weight: 6, arbitrary: fc.nat(2 ** 30).map((ask) => ({ ask })) },
)

t.test('never disagrees with the rules as they are written down', async (t) => {
  let questions = 0
  let hits = 0
  let invalidations = 0
  fc.assert(
    fc.property(
      fc.array(steps, { minLength: 20, maxLength: 120 }),
      fc.boolean(),
      fc.constantFrom(64, 256, 100_000),
      fc.boolean(),
      (script, allowEveryone, maxEntries, isTold) => {
        const settings = { allowEveryone, superUsers: ['User:bob'] }
        const model = new AclAuthorizer({ ...settings, allowEveryoneIfNoAclFound: allowEveryone })
        const topics = new Topics()
        const cache = new PermissionCache(model, topics, { maxEntries })
        const rules = new Map<string, { id: string; acl: AclBinding }>()
        const told: Question[] = []
        if (isTold) cache.onQuestion((event) => told.push(event))
        for (const step of script) {
          if ('topic' in step) {
            topics.toggle(step.topic)
          } else if ('acl' in step) {
            const known = rules.get(aclText(step.acl))
            if (known) {
              model.removeAcl(known.id)
              rules.delete(aclText(step.acl))
            } else {
              const id = randomUuid(random)
              model.addAcl(id, step.acl)
              rules.set(aclText(step.acl), { id, acl: step.acl })
            }
          } else {
            const some = new SeededRandom(step.ask)
            const one = <T>(values: readonly T[]) => values[some.below(values.length)] as T
            const subject = { principal: one(PRINCIPALS), host: one(HOSTS) }
            const permissions = cache.permissionsOf(principalOf(subject.principal), subject.host)
            const acls = [...rules.values()].map(({ acl }) => acl)
            for (let i = 0; i < 24; i++) {
              const operation = one(OPERATIONS)
              const type = one([ResourceType.TOPIC, ResourceType.TOPIC, ResourceType.GROUP])
              const name = one(NAMES)
              const index = type === ResourceType.TOPIC ? topics.indexOf(name) : -1
              const isAllowed =
                index >= 0 && some.below(2) === 0
                  ? permissions.allowsTopic(operation, index)
                  : permissions.allows(operation, type, name)
              questions++
              const expected = naiveDecision(acls, settings, subject, operation, type, name)
              if (isAllowed !== expected) return false
              if (!isTold) continue
              const event = told.pop() as Question
              const { principal, host } = event
              const said = [principal, host, event.operation, event.resourceType, event.resourceName]
              if (`${said}` !== `${[subject.principal, subject.host, operation, type, name]}`) return false
              if (event.isAllowed !== expected) return false
            }
            const operation = one(OPERATIONS)
            const expected = naiveOnAny(acls, settings, subject, operation, ResourceType.TOPIC)
            if (permissions.allowsOnAny(operation, ResourceType.TOPIC) !== expected) return false
            questions++
            told.length = 0
          }
        }
        hits += cache.hits
        invalidations += cache.invalidations
        return cache.entries <= Math.max(maxEntries, 256)
      },
    ),
    { numRuns: 300 },
  )
  t.ok(questions > 100_000, `${questions} questions`)
  t.ok(hits > questions / 10, `${hits} of them answered from memory`)
  t.ok(invalidations > 500, `${invalidations} decisions were made worthless by changes`)
})

const RULE: AclBinding = {
  resourceType: ResourceType.TOPIC,
  resourceName: 'orders',
  patternType: PatternType.LITERAL,
  principal: 'User:alice',
  host: '*',
  operation: AclOperation.READ,
  permissionType: PermissionType.ALLOW,
}

/** A model whose decisions are counted. */
function counted() {
  const acls = new AclAuthorizer()
  const asked: string[] = []
  const model: PermissionModel = {
    decide: (subject, operation, type, name) => {
      asked.push(`${subject.principal} ${name}`)
      return acls.decide(subject, operation, type, name)
    },
    allowsOnAny: (subject, operation, type) => {
      asked.push(`${subject.principal} any`)
      return acls.allowsOnAny(subject, operation, type)
    },
    subscribe: (listener) => acls.subscribe(listener),
  }
  const topics = new Topics()
  for (const name of ['orders', 'orders-archive', 'users']) topics.toggle(name)
  const cache = new PermissionCache(model, topics)
  const ask = (user: string) => {
    const permissions = cache.permissionsOf({ principalType: 'User', name: user }, '10.0.0.1')
    const answers = ['orders', 'orders-archive', 'users', 'missing'].map((name) =>
      permissions.allows(AclOperation.READ, ResourceType.TOPIC, name),
    )
    return answers.map(Number).join('')
  }
  const add = (rule: Partial<AclBinding>) => {
    const id = randomUuid(random)
    acls.addAcl(id, { ...RULE, ...rule })
    return () => acls.removeAcl(id)
  }
  return { cache, topics, asked, ask, add, decided: () => asked.splice(0) }
}

t.test('decides again what a change concerns, at the next question, and nothing else', async (t) => {
  const { cache, ask, add, decided } = counted()
  t.equal(ask('alice'), '0000')
  t.equal(ask('bob'), '0000')
  t.equal(decided().length, 8)
  t.equal(ask('alice'), '0000')
  t.same(decided(), [], 'what was asked before is remembered')

  const remove = add({})
  t.equal(ask('alice'), '1000')
  t.same(decided(), ['User:alice orders'], 'a rule on one name')
  t.equal(ask('bob'), '0000')
  t.same(decided(), [], 'is nothing to somebody else')

  add({ resourceName: 'orders', patternType: PatternType.PREFIXED, principal: 'User:*' })
  t.equal(ask('bob'), '1100')
  t.same(decided(), ['User:bob orders', 'User:bob orders-archive'], 'a rule on a prefix, for everybody')
  t.equal(ask('alice'), '1100')
  decided()

  add({ resourceType: ResourceType.GROUP, resourceName: '*', principal: 'User:*' })
  t.equal(ask('alice') + ask('bob'), '11001100')
  t.same(decided(), [], 'a rule on groups is nothing to topics')

  add({ resourceName: 'missing' })
  t.equal(ask('alice'), '1101')
  t.same(decided(), ['User:alice missing'], 'what is no topic is remembered too')

  remove()
  t.equal(ask('alice'), '1101')
  t.same(decided(), ['User:alice orders'])
  t.equal(cache.invalidations, 7)
  t.equal(cache.misses, 15)
})

t.test('the sessions of one principal and host share what is known', async (t) => {
  const { cache } = counted()
  const alice = { principalType: 'User', name: 'alice' }
  const permissions = cache.permissionsOf(alice, '10.0.0.1')
  t.equal(cache.permissionsOf({ ...alice }, '10.0.0.1'), permissions)
  t.not(cache.permissionsOf(alice, '10.0.0.2'), permissions)
  t.not(cache.permissionsOf({ principalType: 'User', name: 'bob' }, '10.0.0.1'), permissions)
})

t.test('a topic made anew under the same name inherits nothing', async (t) => {
  const { topics, ask, decided } = counted()
  ask('alice')
  decided()
  topics.toggle('orders')
  topics.toggle('orders')
  ask('alice')
  t.same(decided(), ['User:alice orders'])
})

t.test('whether something may be done anywhere is remembered until a change concerns it', async (t) => {
  const { cache, add, decided } = counted()
  const permissions = cache.permissionsOf({ principalType: 'User', name: 'alice' }, '10.0.0.1')
  const any = () => permissions.allowsOnAny(AclOperation.READ, ResourceType.TOPIC)
  t.equal(any() || any(), false)
  t.same(decided(), ['User:alice any'])
  add({ principal: 'User:bob' })
  t.equal(any(), false)
  t.same(decided(), [])
  add({})
  t.equal(any(), true)
  t.same(decided(), ['User:alice any'])
})

t.test('keeps a bounded number of decisions, the latest used', async (t) => {
  const model = new AclAuthorizer({ allowEveryoneIfNoAclFound: true })
  const topics = new Topics()
  for (let i = 0; i < 10_000; i++) topics.toggle(`topic-${i}`)
  const cache = new PermissionCache(model, topics, { maxEntries: 2048 })
  const of = (name: string) => cache.permissionsOf({ principalType: 'User', name }, '10.0.0.1')
  const often = of('often')
  for (let i = 0; i < 10_000; i++) {
    for (const user of ['a', 'b', 'c']) of(user).allowsTopic(AclOperation.READ, i)
    often.allowsTopic(AclOperation.READ, 7)
  }
  t.ok(cache.entries <= 2048 + 64, `room for ${cache.entries} decisions`)
  const { misses } = cache
  often.allowsTopic(AclOperation.READ, 7)
  t.ok(misses < 30_000 + 100, `${misses - 30_000} decisions about what is asked all the time`)
})

t.test('principals that came and went leave nothing behind', async (t) => {
  const cache = new PermissionCache(new AclAuthorizer({ allowEveryoneIfNoAclFound: true }), new Topics())
  const first = cache.permissionsOf({ principalType: 'User', name: 'user-0' }, '10.0.0.1')
  for (let i = 0; i < 20_000; i++) {
    const permissions = cache.permissionsOf({ principalType: 'User', name: `user-${i}` }, '10.0.0.1')
    permissions.allows(AclOperation.READ, ResourceType.GROUP, 'group')
  }
  t.ok(cache.subjects < 10_000, `${cache.subjects} principals and hosts are remembered`)
  t.ok(first.allows(AclOperation.READ, ResourceType.GROUP, 'group'), 'one who was forgotten may ask again')
})

t.test('names that are no topics are forgotten when they are too many', async (t) => {
  const model = new AclAuthorizer()
  const cache = new PermissionCache(model, new Topics())
  const alice = cache.permissionsOf({ principalType: 'User', name: 'alice' }, '10.0.0.1')
  const reads = (i: number) => alice.allows(AclOperation.READ, ResourceType.GROUP, `group-${i}`)
  model.addAcl(randomUuid(random), { ...RULE, resourceType: ResourceType.GROUP, resourceName: 'group-3' })
  let allowed = 0
  for (let i = 0; i < 200_000; i++) allowed += Number(reads(i))
  for (let i = 0; i < 70_000; i++) allowed += Number(reads(i))
  t.equal(allowed, 2)
})

t.test('is silent again when the last listener has gone', async (t) => {
  const { cache, ask } = counted()
  const told: string[] = []
  const end = cache.onQuestion(({ resourceName }) => told.push(`${resourceName}`))
  ask('alice')
  ask('alice')
  t.equal(told.splice(0).length, 8)
  end()
  ask('alice')
  t.equal(told.length, 0)
  t.equal(cache.hits, 8)
})

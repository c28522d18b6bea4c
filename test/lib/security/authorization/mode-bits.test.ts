import fc from 'fast-check'
import t from 'tap'
import { randomUuid, SeededRandom } from '../../../../lib/lab/random.ts'
import { AclOperation, ResourceType } from '../../../../lib/security/authorization/acl.ts'
import { AclAuthorizer } from '../../../../lib/security/authorization/acl-authorizer.ts'
import { ModeAuthorizer } from '../../../../lib/security/authorization/mode-authorizer.ts'
import {
  bitsOf,
  MODE_BITS,
  type ModeBit,
  modeOf,
  REPLICATE_TOPIC,
} from '../../../../lib/security/authorization/mode-bits.ts'
import { exportModes, ModeExportError } from '../../../../lib/security/authorization/mode-export.ts'
import { PermissionCache } from '../../../../lib/security/authorization/permission-cache.ts'

const USERS = ['alice', 'bob', 'eve', 'ANONYMOUS'] as const
const GROUPS = ['staff', 'ops'] as const
const TOPICS = ['orders', 'users', 'hardcode'] as const
const WHO = [...USERS, '@staff', '@ops', '*'] as const
const TYPES = [
  ResourceType.TOPIC,
  ResourceType.TOPIC,
  ResourceType.GROUP,
  ResourceType.TRANSACTIONAL_ID,
  ResourceType.CLUSTER,
] as const

/** Which bit an operation takes, written out. */
const BIT_FOR: Readonly<Record<number, ModeBit>> = {
  [REPLICATE_TOPIC]: 'REPLICATE',
  [AclOperation.READ]: 'READ',
  [AclOperation.WRITE]: 'WRITE',
  [AclOperation.CREATE]: 'CREATE',
  [AclOperation.DELETE]: 'DELETE',
  [AclOperation.ALTER]: 'CONFIGURE',
  [AclOperation.DESCRIBE]: 'DESCRIBE',
  [AclOperation.DESCRIBE_CONFIGS]: 'CONFIGURE',
  [AclOperation.ALTER_CONFIGS]: 'CONFIGURE',
}
const OPERATIONS = Object.values(AclOperation).filter((operation) => operation !== AclOperation.ALL)

type Bits = readonly ModeBit[] | null
type Change =
  | { kind: 'default'; who: string; bits: Bits }
  | { kind: 'topic'; topic: string; who: string; bits: Bits }
  | { kind: 'groups'; user: string; groups: string[] }

const bits: fc.Arbitrary<Bits> = fc.oneof(
  { weight: 5, arbitrary: fc.subarray([...MODE_BITS]) },
  { weight: 1, arbitrary: fc.constant(null) },
)
const changes: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('default' as const),
      who: fc.constantFrom(...WHO),
      bits,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('topic' as const),
      topic: fc.constantFrom(...TOPICS),
      who: fc.constantFrom(...WHO),
      bits,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('groups' as const),
      user: fc.constantFrom(...USERS),
      groups: fc.subarray([...GROUPS]),
    }),
  },
)

/** The rules as they are written down, over everything that was ever set. */
class NaiveModes {
  readonly #set: Change[] = []

  add(change: Change): void {
    this.#set.push(change)
  }

  #last(is: (change: Change) => boolean): Change | undefined {
    return this.#set.findLast(is)
  }

  #entry(topic: string | undefined, who: string): Bits {
    const change = this.#last((one) =>
      topic === undefined
        ? one.kind === 'default' && one.who === who
        : one.kind === 'topic' && one.topic === topic && one.who === who,
    )
    return change === undefined || change.kind === 'groups' ? null : change.bits
  }

  #level(topic: string | undefined, user: string): Bits {
    const own = this.#entry(topic, user)
    if (own) return own
    const change = this.#last((one) => one.kind === 'groups' && one.user === user)
    const groups = change?.kind === 'groups' ? change.groups : []
    const theirs = groups.map((group) => this.#entry(topic, `@${group}`)).filter((one) => one !== null)
    if (theirs.length > 0) return theirs.flat()
    return this.#entry(topic, '*')
  }

  allows(user: string, operation: number, type: number, name: string): boolean {
    const bit = BIT_FOR[operation]
    if (bit === undefined) return false
    const holds = (topic: string) =>
      (this.#level(topic, user) ?? this.#level(undefined, user) ?? []).includes(bit)
    if (type === ResourceType.TOPIC) return holds(name)
    if (type !== ResourceType.GROUP && type !== ResourceType.TRANSACTIONAL_ID) return false
    return [...TOPICS, 'a topic that nothing is said of'].some(holds)
  }
}

function apply(authorizer: ModeAuthorizer, change: Change): void {
  const mode = 'bits' in change && change.bits ? modeOf(change.bits) : undefined
  if (change.kind === 'default') authorizer.setDefault(change.who, mode)
  else if (change.kind === 'topic') authorizer.setTopic(change.topic, change.who, mode)
  else authorizer.setGroups(change.user, change.groups)
}

t.test('decides by mode bits as they are written down, with the cache before it', async (t) => {
  let questions = 0
  fc.assert(
    fc.property(fc.array(changes, { minLength: 1, maxLength: 30 }), (script) => {
      const model = new ModeAuthorizer(['User:root'])
      const indexes = new Map<string, number>([
        ['orders', 0],
        ['users', 1],
      ])
      const cache = new PermissionCache(model, {
        indexOf: (name) => indexes.get(name) ?? -1,
        nameAt: (index) => [...indexes.keys()][index],
      })
      const naive = new NaiveModes()
      for (const [i, change] of script.entries()) {
        apply(model, change)
        naive.add(change)
        const some = new SeededRandom(i)
        const one = <T>(values: readonly T[]) => values[some.below(values.length)] as T
        for (let q = 0; q < 40; q++) {
          const [user, operation, type, name] = [
            one(USERS),
            one(OPERATIONS),
            one(TYPES),
            one([...TOPICS, 'other']),
          ]
          const permissions = cache.permissionsOf({ principalType: 'User', name: user }, '10.0.0.1')
          questions += 2
          if (permissions.allows(operation, type, name) !== naive.allows(user, operation, type, name)) {
            return false
          }
          const anywhere = naive.allows(user, operation, ResourceType.GROUP, 'any')
          if (permissions.allowsOnAny(operation, ResourceType.TOPIC) !== anywhere) return false
        }
      }
      const root = cache.permissionsOf({ principalType: 'User', name: 'root' }, '10.0.0.1')
      return root.allows(AclOperation.ALTER, ResourceType.CLUSTER, 'kafka-cluster')
    }),
    { numRuns: 250 },
  )
  t.ok(questions > 100_000, `${questions} questions`)
})

t.test('what is exported as ACLs allows and denies just the same', async (t) => {
  let exported = 0
  let refused = 0
  fc.assert(
    fc.property(fc.array(changes, { minLength: 1, maxLength: 8 }), fc.boolean(), (script, replicates) => {
      const model = new ModeAuthorizer()
      for (const change of script) {
        const kept =
          'bits' in change && change.bits && !replicates
            ? { ...change, bits: change.bits.filter((bit) => bit !== 'REPLICATE') }
            : change
        apply(model, kept)
      }
      const acls = new AclAuthorizer()
      const random = new SeededRandom(1)
      try {
        for (const acl of exportModes(model.store, (user) => `User:${user}`)) {
          acls.addAcl(randomUuid(random), acl)
        }
        exported++
      } catch (error) {
        if (!(error instanceof ModeExportError)) throw error
        refused++
        return true
      }
      for (const user of [...USERS, 'stranger']) {
        const subject = { principal: `User:${user}`, host: '10.0.0.1' }
        for (const type of TYPES) {
          for (const name of [...TOPICS, 'other']) {
            const wanted = model.decide(subject, AclOperation.READ, type, name)
            const got = acls.decide(subject, AclOperation.READ, type, name)
            if (wanted !== got) return false
          }
        }
        const writes = [model, acls].map((one) =>
          one.allowsOnAny(subject, AclOperation.WRITE, ResourceType.TOPIC),
        )
        if (writes[0] !== writes[1]) return false
      }
      return true
    }),
    { numRuns: 1500 },
  )
  t.ok(exported > 200 && refused > 50, `${exported} exported, ${refused} refused`)
})

t.test('says why there are no ACLs that mean the same', async (t) => {
  const reason = (set: (model: ModeAuthorizer) => void) => {
    const model = new ModeAuthorizer()
    set(model)
    try {
      return exportModes(model.store, (user) => `User:${user}`).length
    } catch (error) {
      return (error as Error).message
    }
  }
  t.match(
    reason((model) => model.setTopic('orders', 'alice', modeOf(['REPLICATE', 'READ']))),
    /^alice holds REPLICATE on orders: .*CLUSTER_ACTION/,
  )
  t.match(
    reason((model) => {
      model.setDefault('alice', modeOf(['READ']))
      model.setTopic('orders', 'alice', modeOf(['READ', 'DESCRIBE']))
    }),
    /^alice may DESCRIBE on orders: .*always win/,
  )
  t.match(
    reason((model) => {
      model.setDefault('*', modeOf(['READ']))
      model.setDefault('alice', modeOf(['DESCRIBE']))
    }),
    /^alice may DESCRIBE on all topics/,
  )
  t.type(
    reason((model) => {
      model.setDefault('*', modeOf(['READ', 'DESCRIBE']))
      model.setDefault('alice', modeOf(['WRITE', 'DESCRIBE']))
      model.setTopic('orders', 'alice', modeOf([]))
    }),
    'number',
  )
})

t.test('a mode is a set of bits', async (t) => {
  t.equal(modeOf([]), 0)
  t.same(bitsOf(modeOf(['DESCRIBE', 'READ', 'READ'])), ['READ', 'DESCRIBE'])
  t.same(bitsOf(modeOf(MODE_BITS)), [...MODE_BITS])
})

import { randomBytes } from 'node:crypto'
import { AclOperation, ResourceType } from '../../lib/security/authorization/acl.ts'
import type { CachedPermissions } from '../../lib/security/authorization/cached-permissions.ts'
import { PermissionCache } from '../../lib/security/authorization/permission-cache.ts'
import { KnownStrings } from '../../protocol/primitives/known-strings.ts'
import { KnownUuids } from '../../protocol/primitives/known-uuids.ts'
import { alternate, type Rounds } from './alternate.ts'
import { compared, type Figure } from './figures.ts'
import { authorizerWith, plainPopulation } from './populations.ts'

/** Questions of one operation, each about a topic drawn at random. */
const QUESTIONS = 4096
const READ = AclOperation.READ
const NAME_BYTES = 20

interface Permitted {
  readonly cache: PermissionCache
  readonly permissions: CachedPermissions
}

/** Topics, questions about them in every form. */
class Questions {
  readonly names: string[]
  readonly order: Int32Array
  readonly interned: string[]
  readonly nameBytes: DataView
  readonly idBytes: DataView
  readonly byName: Map<string, number>
  readonly strings = new KnownStrings()
  readonly uuids = new KnownUuids()
  readonly bareIds: BareIds
  readonly floor: Floor

  constructor(topics: number) {
    // As keys of an object, so that they are interned indeed.
    this.names = Object.keys(
      Object.fromEntries(
        Array.from({ length: topics }, (_, i) => [`topic-${String(i).padStart(NAME_BYTES - 6, '0')}`, i]),
      ),
    )
    this.byName = new Map(this.names.map((name, i) => [name, i]))
    const ids = this.names.map(() => randomBytes(16))
    for (const [i, name] of this.names.entries()) this.strings.add(name, i)
    for (const [i, id] of ids.entries()) this.uuids.add(id.toString('base64url'), i)
    this.bareIds = new BareIds(ids)
    this.order = Int32Array.from({ length: QUESTIONS }, () => Math.floor(Math.random() * topics))
    this.interned = Array.from(this.order, (i) => this.names[i] as string)
    this.nameBytes = viewOf(Buffer.from(this.interned.join('')))
    this.idBytes = viewOf(Buffer.concat(Array.from(this.order, (i) => ids[i] as Buffer)))
    this.floor = new Floor(topics)
  }

  /** Somebody who is let read them all, and has asked. */
  permitted(acls: number): Permitted {
    const cache = new PermissionCache(authorizerWith(plainPopulation(acls)), {
      indexOf: (name) => this.byName.get(name) ?? -1,
      nameAt: (index) => this.names[index],
    })
    const permissions = cache.permissionsOf({ principalType: 'User', name: 'alice' }, '127.0.0.1')
    for (let round = 0; round < 100; round++) {
      for (let i = 0; i < this.names.length; i++) {
        if (!permissions.allowsTopic(READ, i)) throw new Error(`topic ${i} is not to be read`)
      }
    }
    return { cache, permissions }
  }

  /** Every question, asked of a resolved topic. */
  resolved(permissions: CachedPermissions): () => number {
    const { order } = this
    return () => {
      let allowed = 0
      for (let i = 0; i < QUESTIONS; i++) if (permissions.allowsTopic(READ, order[i] as number)) allowed++
      return allowed
    }
  }
}

/** The least that a cached answer can cost: an index, a mask, a version compared. */
class Floor {
  version = 0
  #version = 0
  #permissions = new Int32Array(0)

  constructor(topics: number) {
    // Set a second time, so that nothing is taken for a constant.
    this.version++
    this.#version = this.version
    this.#permissions = new Int32Array(topics).fill(-1)
  }

  allows(operation: number, topic: number): boolean {
    return this.version === this.#version && ((this.#permissions[topic] as number) & (1 << operation)) !== 0
  }
}

/** The least that finding sixteen bytes can cost: open addressing, four words compared. */
class BareIds {
  readonly #words: Int32Array
  readonly #shift: number

  constructor(ids: readonly Buffer[]) {
    const size = 2 ** Math.ceil(Math.log2(2 * ids.length))
    this.#shift = 32 - Math.log2(size)
    this.#words = new Int32Array(size * 5)
    for (const [i, id] of ids.entries()) {
      const view = viewOf(id)
      let place = (view.getInt32(0) >>> this.#shift) * 5
      while (this.#words[place + 4] !== 0) place = (place + 5) % this.#words.length
      for (let word = 0; word < 4; word++) this.#words[place + word] = view.getInt32(4 * word)
      this.#words[place + 4] = i + 1
    }
  }

  find(view: DataView, at: number): number {
    const words = this.#words
    const first = view.getInt32(at)
    for (let place = (first >>> this.#shift) * 5; ; place += 5) {
      if (place === words.length) place = 0
      if (
        words[place] === first &&
        words[place + 1] === view.getInt32(at + 4) &&
        words[place + 2] === view.getInt32(at + 8) &&
        words[place + 3] === view.getInt32(at + 12)
      ) {
        return (words[place + 4] as number) - 1
      }
      if (words[place + 4] === 0) return -1
    }
  }
}

/** Hits from a resolved topic, from the name's bytes and from an id, beside their floors. */
export function cachedFigures(): Figure[] {
  // All are made before any runs: the compiler would take what the only one of its kind holds for constants.
  const operations = [10, 1000, 100_000].map(
    (topics) => [topics, operationsOf(new Questions(topics))] as const,
  )
  return operations.flatMap(([topics, some]) => cachedFiguresAt(topics, some))
}

function operationsOf(questions: Questions) {
  const { order, interned, nameBytes, idBytes, byName, strings, uuids, bareIds, floor } = questions
  const { permissions } = questions.permitted(1000)
  return {
    index: () => {
      let allowed = 0
      for (let i = 0; i < QUESTIONS; i++) if (floor.allows(READ, order[i] as number)) allowed++
      return allowed
    },
    resolved: questions.resolved(permissions),
    map: () => {
      let sum = 0
      for (let i = 0; i < QUESTIONS; i++) sum += byName.get(interned[i] as string) as number
      return sum
    },
    name: () => {
      let allowed = 0
      for (let i = 0; i < QUESTIONS; i++) {
        if (permissions.allowsTopic(READ, strings.find(nameBytes, i * NAME_BYTES, NAME_BYTES))) allowed++
      }
      return allowed
    },
    internedName: () => {
      let allowed = 0
      for (let i = 0; i < QUESTIONS; i++) {
        if (permissions.allows(READ, ResourceType.TOPIC, interned[i] as string)) allowed++
      }
      return allowed
    },
    bareId: () => {
      let sum = 0
      for (let i = 0; i < QUESTIONS; i++) sum += bareIds.find(idBytes, i * 16)
      return sum
    },
    bareIdAndIndex: () => {
      let allowed = 0
      for (let i = 0; i < QUESTIONS; i++) if (floor.allows(READ, bareIds.find(idBytes, i * 16))) allowed++
      return allowed
    },
    id: () => {
      let allowed = 0
      for (let i = 0; i < QUESTIONS; i++) {
        if (permissions.allowsTopic(READ, uuids.find(idBytes, i * 16))) allowed++
      }
      return allowed
    },
  }
}

function cachedFiguresAt(topics: number, operations: ReturnType<typeof operationsOf>): Figure[] {
  const times = alternate(operations, QUESTIONS)
  const of = (what: string) => `${what}, ${topics.toLocaleString('en')} topics`
  const fromId = [of('cached, from a topic id'), times.id] as const
  const mapGet = ['Map.get, interned', times.map] as const
  return [
    compared([of('cached, from a resolved topic'), times.resolved], ['index, mask, version', times.index], 2),
    compared([of("cached, from the name's bytes"), times.name], mapGet, topics >= 1000 ? 1.2 : undefined),
    compared([of('cached, from an interned name'), times.internedName], mapGet),
    compared(fromId, ['16 bytes found, then that', times.bareIdAndIndex], 1.2),
    compared(fromId, ['16 bytes found, nothing asked', times.bareId]),
  ]
}

/** The same hit with ever more rules that are about others. */
export function populationFigures(): Figure[] {
  const questions = new Questions(1000)
  const populations = [10, 1000, 100_000, 1_000_000]
  const operations = populations.map((acls) => [
    `${acls.toLocaleString('en')} ACLs`,
    questions.resolved(questions.permitted(acls).permissions),
  ])
  const times = alternate(Object.fromEntries(operations), QUESTIONS)
  const [fewest, ...others] = Object.entries(times) as [string, Rounds][]
  return others.map(([acls, rounds]) =>
    compared([`cached, from a resolved topic, ${acls}`, rounds], fewest as [string, Rounds], 1.1),
  )
}

/** What it costs that somebody might listen, that somebody did, and that somebody does. */
export function listenerFigures(): Figure[] {
  const questions = new Questions(1000)
  let told = 0
  const permitted = (listen: (cache: PermissionCache) => void) => {
    const { cache, permissions } = questions.permitted(1000)
    listen(cache)
    return questions.resolved(permissions)
  }
  const times = alternate(
    {
      never: permitted(() => {}),
      before: permitted((cache) => cache.onQuestion(() => told++)()),
      now: permitted((cache) => cache.onQuestion(() => told++)),
    },
    QUESTIONS,
  )
  if (told === 0) throw new Error('nothing was told')
  const silence = ['nobody ever listened', times.never] as const
  return [
    compared(['cached, who listened has gone', times.before], silence, 1.1),
    compared(['cached, somebody listens', times.now], silence),
  ]
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

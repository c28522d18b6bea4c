import { randomBytes } from 'node:crypto'
import { AclOperation, ResourceType } from '../../lib/security/authorization/acl.ts'
import type { CachedPermissions } from '../../lib/security/authorization/cached-permissions.ts'
import { PermissionCache } from '../../lib/security/authorization/permission-cache.ts'
import { KnownStrings } from '../../protocol/primitives/known-strings.ts'
import { KnownUuids } from '../../protocol/primitives/known-uuids.ts'
import { timeTogether } from '../harness.ts'
import type { Figure } from './figures.ts'
import { authorizerWith, plainPopulation } from './populations.ts'

/** Questions of one operation, each about a topic drawn at random. */
const QUESTIONS = 4096
const READ = AclOperation.READ
const NAME_BYTES = 20

/** Topics, questions about them in every form, and somebody who is let read them all. */
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
    this.names = Array.from({ length: topics }, (_, i) => `topic-${String(i).padStart(NAME_BYTES - 6, '0')}`)
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

  permissions(acls: number): CachedPermissions {
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
    return permissions
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
export async function cachedFigures(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const topics of [10, 1000, 100_000]) {
    const questions = new Questions(topics)
    const { order, interned, nameBytes, idBytes, byName, strings, uuids, bareIds, floor } = questions
    const permissions = questions.permissions(1000)
    const [index, resolved, map, fromName, id, fromId, fromString] = await perQuestion([
      () => {
        let allowed = 0
        for (let i = 0; i < QUESTIONS; i++) if (floor.allows(READ, order[i] as number)) allowed++
        return allowed
      },
      () => {
        let allowed = 0
        for (let i = 0; i < QUESTIONS; i++) if (permissions.allowsTopic(READ, order[i] as number)) allowed++
        return allowed
      },
      () => {
        let sum = 0
        for (let i = 0; i < QUESTIONS; i++) sum += byName.get(interned[i] as string) as number
        return sum
      },
      () => {
        let allowed = 0
        for (let i = 0; i < QUESTIONS; i++) {
          if (permissions.allowsTopic(READ, strings.find(nameBytes, i * NAME_BYTES, NAME_BYTES))) allowed++
        }
        return allowed
      },
      () => {
        let sum = 0
        for (let i = 0; i < QUESTIONS; i++) sum += bareIds.find(idBytes, i * 16)
        return sum
      },
      () => {
        let allowed = 0
        for (let i = 0; i < QUESTIONS; i++) {
          if (permissions.allowsTopic(READ, uuids.find(idBytes, i * 16))) allowed++
        }
        return allowed
      },
      () => {
        let allowed = 0
        for (let i = 0; i < QUESTIONS; i++) {
          if (permissions.allows(READ, ResourceType.TOPIC, interned[i] as string)) allowed++
        }
        return allowed
      },
    ])
    const of = (what: string) => `${what}, ${topics.toLocaleString('en')} topics`
    const floorOf = (what: string, value: number | undefined) => ({ what, value: value as number })
    figures.push(
      {
        what: of('cached, from a resolved topic'),
        value: resolved as number,
        unit: 'ns',
        beside: floorOf('index, mask, version', index),
        atMost: 2,
      },
      {
        what: of("cached, from the name's bytes"),
        value: fromName as number,
        unit: 'ns',
        beside: floorOf('Map.get, interned', map),
        ...(topics >= 1000 ? { atMost: 1.2 } : {}),
      },
      {
        what: of('cached, from a topic id'),
        value: fromId as number,
        unit: 'ns',
        beside: floorOf('16 bytes found', id),
        atMost: 1.2,
      },
      {
        what: of('cached, from an interned name'),
        value: fromString as number,
        unit: 'ns',
        beside: floorOf('Map.get, interned', map),
      },
    )
  }
  return figures
}

/** The same hit with ever more rules that are about others. */
export async function populationFigures(): Promise<Figure[]> {
  const questions = new Questions(1000)
  const { order } = questions
  const populations = [10, 1000, 100_000, 1_000_000]
  const times = await perQuestion(
    populations.map((acls) => {
      const permissions = questions.permissions(acls)
      return () => {
        let allowed = 0
        for (let i = 0; i < QUESTIONS; i++) if (permissions.allowsTopic(READ, order[i] as number)) allowed++
        return allowed
      }
    }),
  )
  const [fewest = Number.NaN] = times
  return populations.map((acls, i) => ({
    what: `cached, from a resolved topic, ${acls.toLocaleString('en')} ACLs`,
    value: times[i] as number,
    unit: 'ns',
    ...(i === 0 ? {} : { beside: { what: '10 ACLs', value: fewest }, atMost: 1.1 }),
  }))
}

/** Minima: what else runs on the machine only adds. */
async function perQuestion(operations: readonly (() => unknown)[]): Promise<number[]> {
  // The machine's compiler runs beside; it has to be done with all of them first.
  for (let round = 0; round < 200; round++) for (const operation of operations) operation()
  return (await timeTogether(operations)).map(({ min }) => min / QUESTIONS)
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

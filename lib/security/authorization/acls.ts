import {
  type AclBinding,
  type AclBindingFilter,
  type AclOperation,
  PatternType,
  PermissionType,
  type ResourceType,
  WILDCARD,
  WILDCARD_PRINCIPAL,
} from './acl.ts'
import { AclCells, allowBit, denyBit } from './acl-cells.ts'
import { AclHosts } from './acl-hosts.ts'
import { AclIds } from './acl-ids.ts'
import { Names } from './names.ts'
import type { Subject } from './permission-model.ts'
import { ResourcePatterns } from './resource-patterns.ts'

/** Somebody who asks, by the numbers that cells have; -1 where no rule names them. */
interface Asker {
  readonly own: number
  readonly everybody: number
  /** Those that the peer's address is covered by. */
  readonly hosts: readonly number[]
}

/** Every ACL there is, in rows, found by what a question asks. */
export class Acls {
  readonly #patterns = new ResourcePatterns()
  readonly #principals = new Names()
  readonly #hosts = new AclHosts()
  readonly #cells = new AclCells()
  readonly #ids = new AclIds()

  get count(): number {
    return this.#ids.count
  }

  /**
   * @returns whether no other rule has this resource pattern
   * @throws Error when there is a rule with this id, or one that says the same
   */
  add(id: string, acl: AclBinding): boolean {
    if (this.#ids.find(id) >= 0) throw new Error(`there is an ACL with id ${id} already`)
    if (this.has(acl)) throw new Error(`an ACL that says what ${id} does is there already`)
    const pattern = this.#patterns.use(acl.resourceType, acl.patternType, acl.resourceName)
    const principal = this.#principals.use(acl.principal)
    const host = this.#hosts.use(acl.host)
    const bit = bitOf(acl)
    this.#ids.add(id, this.#cells.set(pattern, principal, host, bit), bit)
    return this.#patterns.uses(pattern) === 1
  }

  /**
   * @returns what the rule said, and whether it was the last with its resource pattern
   * @throws Error when there is no rule with this id
   */
  remove(id: string): { acl: AclBinding; wasLast: boolean } {
    const row = this.#ids.find(id)
    if (row < 0) throw new Error(`there is no ACL with id ${id}`)
    const acl = this.#acl(row)
    const cell = this.#ids.cell(row)
    const bit = 1 << this.#ids.shift(row)
    const pattern = this.#cells.pattern(cell)
    this.#principals.release(this.#cells.principal(cell))
    this.#hosts.release(this.#cells.host(cell))
    this.#cells.clear(cell, bit)
    this.#ids.remove(row)
    return { acl, wasLast: this.#patterns.release(pattern) }
  }

  has(acl: AclBinding): boolean {
    const pattern = this.#patterns.find(acl.resourceType, acl.patternType, acl.resourceName)
    const principal = this.#principals.find(acl.principal)
    const host = this.#hosts.find(acl.host)
    if (pattern < 0 || principal < 0 || host < 0) return false
    return (this.#cells.lookUp(pattern, principal, host) & bitOf(acl)) !== 0
  }

  /**
   * What rules allow (low half) and deny (high half) somebody on a resource, a bit for each operation that they name;
   * undefined where no rule of anybody covers the resource.
   */
  bitsOf(subject: Subject, resourceType: ResourceType, name: string): number | undefined {
    this.#patterns.cover(resourceType, name)
    const { covering } = this.#patterns
    if (covering.length === 0) return undefined
    const asker = this.#askerOf(subject)
    let bits = 0
    for (let i = 0; i < covering.length; i++) bits |= this.#bitsOn(covering[i] as number, asker)
    return bits
  }

  /** @param operations the bits of the operation and of ALL: nothing is implied here, as in Kafka's default method */
  allowsOnAny(subject: Subject, operations: number, resourceType: ResourceType): boolean {
    const asker = this.#askerOf(subject)
    const wildcard = this.#patterns.wildcard(resourceType)
    if (wildcard >= 0) {
      const bits = this.#bitsOn(wildcard, asker)
      if (((bits >>> 16) & operations) !== 0) return false
      if ((bits & operations) !== 0) return true
    }
    for (const principal of [asker.own, asker.everybody]) {
      for (let cell = this.#cells.firstOf(principal); cell >= 0; cell = this.#cells.after(cell)) {
        if ((this.#cells.bits(cell) & operations) === 0) continue
        const pattern = this.#cells.pattern(cell)
        if (this.#patterns.resourceType(pattern) !== resourceType) continue
        if (!asker.hosts.includes(this.#cells.host(cell))) continue
        if (!this.#isDenied(pattern, operations, asker)) return true
      }
    }
    return false
  }

  *matching(filter: AclBindingFilter): IterableIterator<{ id: string; acl: AclBinding }> {
    const principal = filter.principal === null ? undefined : this.#principals.find(filter.principal)
    const host = filter.host === null ? undefined : this.#hosts.find(filter.host)
    for (const row of this.#ids.rows()) {
      const cell = this.#ids.cell(row)
      if (principal !== undefined && this.#cells.principal(cell) !== principal) continue
      if (host !== undefined && this.#cells.host(cell) !== host) continue
      const acl = this.#acl(row)
      if (isMatching(filter, acl)) yield { id: this.#ids.id(row), acl }
    }
  }

  #acl(row: number): AclBinding {
    const cell = this.#ids.cell(row)
    const shift = this.#ids.shift(row)
    const pattern = this.#cells.pattern(cell)
    return {
      resourceType: this.#patterns.resourceType(pattern),
      resourceName: this.#patterns.name(pattern),
      patternType: this.#patterns.patternType(pattern),
      principal: this.#principals.text(this.#cells.principal(cell)),
      host: this.#hosts.text(this.#cells.host(cell)),
      operation: (shift & 15) as AclOperation,
      permissionType: shift < 16 ? PermissionType.ALLOW : PermissionType.DENY,
    }
  }

  #askerOf({ principal, host }: Subject): Asker {
    return {
      own: this.#principals.find(principal),
      everybody: this.#principals.find(WILDCARD_PRINCIPAL),
      hosts: this.#hosts.covering(host),
    }
  }

  /** What the rules of one pattern say to somebody: their own and everybody's, for each host they are covered by. */
  #bitsOn(pattern: number, { own, everybody, hosts }: Asker): number {
    let bits = 0
    for (let i = 0; i < hosts.length; i++) {
      if (own >= 0) bits |= this.#cells.lookUp(pattern, own, hosts[i] as number)
      if (everybody >= 0) bits |= this.#cells.lookUp(pattern, everybody, hosts[i] as number)
    }
    return bits
  }

  /** Whether a rule that denies covers everything that the pattern of one that allows does. */
  #isDenied(allowing: number, operations: number, asker: Asker): boolean {
    const isLiteral = this.#patterns.patternType(allowing) === PatternType.LITERAL
    this.#patterns.cover(this.#patterns.resourceType(allowing), this.#patterns.name(allowing))
    for (const pattern of this.#patterns.covering) {
      const isPrefix = this.#patterns.patternType(pattern) === PatternType.PREFIXED
      if ((isLiteral || isPrefix) && ((this.#bitsOn(pattern, asker) >>> 16) & operations) !== 0) return true
    }
    return false
  }
}

function bitOf({ operation, permissionType }: AclBinding): number {
  return permissionType === PermissionType.ALLOW ? allowBit(operation) : denyBit(operation)
}

function isMatching(filter: AclBindingFilter, acl: AclBinding): boolean {
  return (
    (filter.operation === ANY || filter.operation === acl.operation) &&
    (filter.permissionType === ANY || filter.permissionType === acl.permissionType) &&
    (filter.resourceType === ANY || filter.resourceType === acl.resourceType) &&
    isPatternMatching(filter, acl)
  )
}

/** `ResourcePatternFilter.matches`. */
function isPatternMatching({ patternType, resourceName: name }: AclBindingFilter, acl: AclBinding): boolean {
  if (patternType !== ANY && patternType !== PatternType.MATCH && patternType !== acl.patternType)
    return false
  if (name === null) return true
  if (patternType !== PatternType.MATCH) return name === acl.resourceName
  if (acl.patternType === PatternType.PREFIXED) return name.startsWith(acl.resourceName)
  return name === acl.resourceName || acl.resourceName === WILDCARD
}

/** As every filter's fields number it. */
const ANY = 1

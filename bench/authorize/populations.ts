import {
  type AclBinding,
  AclOperation,
  PatternType,
  PermissionType,
  ResourceType,
} from '../../lib/security/authorization/acl.ts'
import { AclAuthorizer } from '../../lib/security/authorization/acl-authorizer.ts'

/** One cell of the grid of Kafka's AuthorizerBenchmark. */
export interface Cell {
  readonly resources: number
  /** For each resource. */
  readonly acls: number
  readonly denyPercentage: number
}

export const PREFIX = 'foo-bar35_resource-'
export const USER = 'test-user'
const HOSTS_ON_PREFIX = 10

/**
 * The rules of Kafka's AuthorizerBenchmark: each resource lets some principals READ, a tenth of the resources are groups, a
 * fifth of the patterns prefixes; one prefix covers all topics from single hosts, and the wildcard from many. `Population`
 * makes the same in Java.
 */
export function* kafkaPopulation({ resources, acls, denyPercentage }: Cell): Generator<AclBinding> {
  let chance = 1
  const rules = function* (on: Omit<AclBinding, 'operation' | 'permissionType'>): Generator<AclBinding> {
    yield { ...on, operation: AclOperation.READ, permissionType: PermissionType.ALLOW }
    chance = (chance * 48271) % 2147483647
    if (chance % 10000 < denyPercentage * 100) {
      yield { ...on, operation: AclOperation.READ, permissionType: PermissionType.DENY }
    }
  }
  for (let resource = 0; resource < resources; resource++) {
    const resourceType = resource % 10 === 0 ? ResourceType.GROUP : ResourceType.TOPIC
    const patternType = resource % 5 === 0 ? PatternType.PREFIXED : PatternType.LITERAL
    for (let acl = 0; acl < acls; acl++) {
      const principal = `User:${USER}${acl === 0 ? '' : acl}`
      yield* rules({ resourceType, resourceName: PREFIX + resource, patternType, principal, host: '*' })
    }
  }
  const everywhere = { resourceType: ResourceType.TOPIC, principal: `User:${USER}` }
  for (let host = 0; host < HOSTS_ON_PREFIX; host++) {
    const patternType = PatternType.PREFIXED
    yield* rules({ ...everywhere, resourceName: PREFIX, patternType, host: `127.0.0.${host + 3}` })
  }
  for (let host = 0; host < resources / 10; host++) {
    yield* rules({
      ...everywhere,
      resourceName: '*',
      patternType: PatternType.LITERAL,
      host: `127.0.0${host}`,
    })
  }
}

const bytes = Buffer.alloc(16)
let ids = 0

/** An id that no other rule has. */
export function newId(): string {
  bytes.writeUInt32BE(ids++, 12)
  return bytes.toString('base64url')
}

export function authorizerWith(rules: Iterable<AclBinding>): AclAuthorizer {
  const authorizer = new AclAuthorizer()
  for (const rule of rules) authorizer.addAcl(newId(), rule)
  return authorizer
}

/** `count` rules about topics and principals that nobody asks about, behind the one that lets everybody read all topics. */
export function* plainPopulation(count: number): Generator<AclBinding> {
  const topic = { resourceType: ResourceType.TOPIC, patternType: PatternType.LITERAL, host: '*' }
  const read = { operation: AclOperation.READ, permissionType: PermissionType.ALLOW }
  yield { ...topic, ...read, resourceName: '*', principal: 'User:*' }
  for (let i = 1; i < count; i++) {
    yield { ...topic, ...read, resourceName: `other-${i % 100_000}`, principal: `User:other-${i}` }
  }
}

import { type AclBinding, AclOperation, PatternType, PermissionType, ResourceType, WILDCARD } from './acl.ts'
import { type Mode, modeOf, operationsOf } from './mode-bits.ts'
import { EVERYBODY, type ModeStore } from './mode-store.ts'
import { wordFor } from './words.ts'

/** Why modes cannot be said in ACLs that mean just the same. */
export class ModeExportError extends Error {
  override readonly name = 'ModeExportError'
}

const DESCRIBE = 1 << AclOperation.DESCRIBE
/** What an ACL that allows one of these allows besides. */
const IMPLYING_DESCRIBE =
  (1 << AclOperation.READ) |
  (1 << AclOperation.WRITE) |
  (1 << AclOperation.DELETE) |
  (1 << AclOperation.ALTER)
const REPLICATE = modeOf(['REPLICATE'])

interface Rules {
  readonly allowed: number
  readonly denied: number
}

/** What has been said of one principal: for all topics, for single ones, and for all that topics open. */
interface Said extends Rules {
  readonly topics: ReadonlyMap<string, Rules>
  readonly others: Rules
}

const SILENCE: Rules = { allowed: 0, denied: 0 }

/**
 * The modes as ACLs. An override takes the place of a default where ACLs only add up, so what an override takes away is
 * denied; and what Kafka would imply but the mode does not hold is denied too. A denial wins over everything, so where a
 * broader one would defeat what a single topic allows, there are no such ACLs.
 *
 * @throws ModeExportError with the reason
 */
export function exportModes(store: ModeStore, principalOf: (user: string) => string): AclBinding[] {
  const everybody = sayFor(store, EVERYBODY, undefined)
  const acls = bindingsOf(principalOf(EVERYBODY), everybody)
  for (const user of store.users())
    acls.push(...bindingsOf(principalOf(user), sayFor(store, user, everybody)))
  return acls
}

/** @param everybody what is said for all principals besides, undefined for everybody itself */
function sayFor(store: ModeStore, user: string, everybody: Said | undefined): Said {
  const holds = (mode: Mode, where: string) => {
    if ((mode & REPLICATE) === 0) return operationsOf(mode)
    throw new ModeExportError(
      `${user} holds REPLICATE on ${where}: Kafka's ACLs let a follower fetch all topics or none (CLUSTER_ACTION)`,
    )
  }
  /** What is allowed must not be what is denied to everybody; what is given besides is denied. */
  const say = (where: string, allowed: number, broader: readonly Rules[]): Rules => {
    let given = allowed
    for (const rules of broader) {
      given |= rules.allowed
      refuseWhere(allowed & rules.denied, user, where)
    }
    return { allowed, denied: implied(given) & ~allowed }
  }
  const onAll = say('all topics', holds(store.defaultOf(user), 'all topics'), [everybody ?? SILENCE])
  const topics = new Map<string, Rules>()
  for (const topic of store.overriddenTopics(user)) {
    const toAll = everybody?.topics.get(topic) ?? SILENCE
    topics.set(
      topic,
      say(topic, holds(store.modeOn(user, topic), topic), [onAll, everybody ?? SILENCE, toAll]),
    )
  }
  const open = operationsOf(store.modeAnywhere(user))
  const others = say('groups and transactional ids', open, [everybody?.others ?? SILENCE])
  return { ...onAll, topics, others }
}

function refuseWhere(operations: number, user: string, where: string): void {
  if (operations === 0) return
  const operation = wordFor(AclOperation, 31 - Math.clz32(operations))
  throw new ModeExportError(
    `${user} may ${operation} on ${where}: among ACLs, what has to be denied more broadly would always win over that`,
  )
}

function implied(operations: number): number {
  return (operations & IMPLYING_DESCRIBE) === 0 ? operations : operations | DESCRIBE
}

function bindingsOf(principal: string, said: Said): AclBinding[] {
  const acls = bindings(principal, ResourceType.TOPIC, WILDCARD, said)
  for (const [topic, rules] of said.topics)
    acls.push(...bindings(principal, ResourceType.TOPIC, topic, rules))
  for (const type of [ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID] as const) {
    acls.push(...bindings(principal, type, WILDCARD, said.others))
  }
  return acls
}

function bindings(
  principal: string,
  resourceType: ResourceType,
  resourceName: string,
  { allowed, denied }: Rules,
): AclBinding[] {
  return Object.values(AclOperation)
    .filter((operation) => ((allowed | denied) & (1 << operation)) !== 0)
    .map((operation) => ({
      resourceType,
      resourceName,
      patternType: PatternType.LITERAL,
      principal,
      host: WILDCARD,
      operation,
      permissionType: (denied & (1 << operation)) === 0 ? PermissionType.ALLOW : PermissionType.DENY,
    }))
}

import {
  type AclBinding,
  AclOperation,
  PatternType,
  PermissionType,
  ResourceType,
} from '../../lib/security/authorization/acl.ts'
import type { Report } from '../harness/report.ts'
import { time } from '../harness.ts'
import type { Figure } from './figures.ts'
import { authorizerWith, type Cell, kafkaPopulation, PREFIX, USER } from './populations.ts'
import type { StandardAuthorizerRuns } from './standard-authorizer.ts'

const SUBJECT = { principal: `User:${USER}`, host: '127.0.0.1' }
const OTHER = { principal: `User:${USER}`, host: '127.0.0.2' }
const TOPICS = 1000
const { WRITE, READ } = AclOperation
const { TOPIC } = ResourceType
/** More rules than this are not held as objects, nor scanned. */
const MOST_SCANNED = 1_000_000

export const CELLS: readonly Cell[] = [
  { resources: 10_000, acls: 10, denyPercentage: 0 },
  { resources: 10_000, acls: 50, denyPercentage: 50 },
  { resources: 50_000, acls: 10, denyPercentage: 20 },
  { resources: 200_000, acls: 50, denyPercentage: 0 },
]

/** The whole grid of Kafka's AuthorizerBenchmark. */
export const GRID: readonly Cell[] = [10_000, 50_000, 200_000].flatMap((resources) =>
  [10, 50].flatMap((acls) =>
    [0, 20, 50, 90, 99, 99.9, 99.99, 100].map((denyPercentage) => ({ resources, acls, denyPercentage })),
  ),
)

/** Decisions without a cache, beside a scan and beside Kafka's own authorizer with the same rules and questions. */
export async function decisionFigures(
  report: Report,
  cells: readonly Cell[],
  standard: StandardAuthorizerRuns | undefined,
  isThorough: boolean,
): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const cell of cells) {
    const { resources, acls, denyPercentage } = cell
    const title = `${resources / 1000},000 x ${acls} ACLs, ${denyPercentage} % denied`
    report.step(title)
    const ours = await decide(cell)
    const theirs = standard?.measure(cell, isThorough)
    const isGoal = resources === 200_000 && acls === 50
    const beside = (value: number | undefined) =>
      value === undefined ? {} : { beside: { what: 'StandardAuthorizer', value } }
    const atMost = isGoal && theirs ? { atMost: 1 / 50 } : {}
    figures.push(
      {
        what: `uncached, one topic, ${title}`,
        value: ours.oneTopic,
        unit: 'ns',
        ...beside(theirs?.oneTopic),
        ...atMost,
      },
      {
        what: `uncached, ${TOPICS} topics in turn, ${title}`,
        value: ours.manyTopics,
        unit: 'ns',
        ...beside(theirs?.manyTopics),
        ...atMost,
      },
      {
        what: `uncached, any topic, ${title}`,
        value: ours.anyTopic,
        unit: 'ns',
        ...beside(theirs?.anyTopic),
      },
    )
    if (ours.naive === undefined || ours.kfake === undefined) continue
    figures.push(
      {
        what: `uncached, one topic, ${title}`,
        value: ours.oneTopic,
        unit: 'ns',
        beside: { what: 'naive scan', value: ours.naive },
      },
      {
        what: `uncached, one topic, ${title}`,
        value: ours.oneTopic,
        unit: 'ns',
        beside: { what: "kfake's way", value: ours.kfake },
      },
    )
  }
  return figures
}

async function decide(cell: Cell) {
  const authorizer = authorizerWith(kafkaPopulation(cell))
  const one = `${PREFIX}95`
  const many = Array.from({ length: TOPICS }, (_, i) => `${PREFIX}${1 + ((7919 * i) % (cell.resources - 1))}`)
  const oneTopic = await time(() => {
    let allowed = 0
    for (let i = 0; i < TOPICS; i++) allowed |= authorizer.decide(SUBJECT, WRITE, TOPIC, one)
    return allowed
  })
  const manyTopics = await time(() => {
    let allowed = 0
    for (const name of many) allowed |= authorizer.decide(SUBJECT, WRITE, TOPIC, name)
    return allowed
  })
  const anyTopic = await time(() => authorizer.allowsOnAny(OTHER, READ, TOPIC))
  return {
    oneTopic: oneTopic.min / TOPICS,
    manyTopics: manyTopics.min / TOPICS,
    anyTopic: anyTopic.min,
    ...(await scan(cell, one)),
  }
}

async function scan(cell: Cell, name: string): Promise<{ naive?: number; kfake?: number }> {
  if (cell.resources * cell.acls > MOST_SCANNED) return {}
  const rules = [...kafkaPopulation(cell)]
  const naive = await time(() => naively(rules, name))
  const kfake = await time(() => asKfake(rules, name))
  return { naive: naive.min, kfake: kfake.min }
}

/** The rule book, word for word: what covers the resource, of that whose it is, of that what it says. */
function naively(rules: readonly AclBinding[], name: string): boolean {
  const covering = rules.filter((rule) => isCovering(rule, name))
  const mine = covering
    .filter(isMine)
    .filter(({ operation }) => operation === WRITE || operation === AclOperation.ALL)
  if (mine.some(({ permissionType }) => permissionType === PermissionType.DENY)) return false
  return mine.length > 0
}

/** One pass over all rules, as kfake's `clusterACLs.allowed` makes it. */
function asKfake(rules: readonly AclBinding[], name: string): boolean {
  let isAllowed = false
  for (const rule of rules) {
    if (!isCovering(rule, name) || !isMine(rule)) continue
    if (rule.operation !== WRITE && rule.operation !== AclOperation.ALL) continue
    if (rule.permissionType === PermissionType.DENY) return false
    isAllowed = true
  }
  return isAllowed
}

function isCovering(rule: AclBinding, name: string): boolean {
  if (rule.resourceType !== TOPIC) return false
  if (rule.patternType === PatternType.PREFIXED) return name.startsWith(rule.resourceName)
  return rule.resourceName === name || rule.resourceName === '*'
}

function isMine({ principal, host }: AclBinding): boolean {
  return (
    (principal === SUBJECT.principal || principal === 'User:*') && (host === SUBJECT.host || host === '*')
  )
}

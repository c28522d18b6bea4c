import {
  type AclBinding,
  AclOperation,
  PatternType,
  PermissionType,
  ResourceType,
} from '../../lib/security/authorization/acl.ts'
import type { CachedPermissions } from '../../lib/security/authorization/cached-permissions.ts'
import { PermissionCache } from '../../lib/security/authorization/permission-cache.ts'
import { quantile, time } from '../harness.ts'
import type { Figure } from './figures.ts'
import { authorizerWith, newId, PREFIX, plainPopulation } from './populations.ts'

const ACLS = 1_000_000
const CHANGES = 20_000
const PRINCIPALS = 1000
const TOPICS_EACH = 8
const { WRITE, READ } = AclOperation

/** With a million rules: one more of them, the first question after it, a question never asked, a thousand principals. */
export async function changeFigures(): Promise<Figure[]> {
  const authorizer = authorizerWith(plainPopulation(ACLS))
  const names = Array.from({ length: CHANGES }, (_, i) => `${PREFIX}${i}`)
  const indexes = new Map(names.map((name, i) => [name, i]))
  const cache = new PermissionCache(authorizer, {
    indexOf: (name) => indexes.get(name) ?? -1,
    nameAt: (index) => names[index],
  })
  const of = (name: string) => cache.permissionsOf({ principalType: 'User', name }, '127.0.0.1')
  const alice = of('alice')
  const misses = each(CHANGES, (i) => {
    if (alice.allowsTopic(WRITE, i)) throw new Error('nobody may write yet')
  })
  const rules = names.map(writeRule)
  const adds: number[] = []
  const firsts = each(
    CHANGES,
    (i) => {
      if (!alice.allowsTopic(WRITE, i)) throw new Error('a rule that was added is not seen')
    },
    (i) => {
      const id = newId()
      const started = process.hrtime.bigint()
      authorizer.addAcl(id, rules[i] as AclBinding)
      adds.push(Number(process.hrtime.bigint() - started))
    },
  )
  const inTurn = await thousandPrincipals(of)
  const million = `${ACLS.toLocaleString('en')} ACLs`
  return [
    { what: `adding one ACL to ${million}, median`, value: quantile(adds, 0.5), unit: 'ns', atMost: 50_000 },
    { what: 'adding one ACL, 99.9 of 100', value: quantile(adds, 0.999), unit: 'ns' },
    { what: 'adding one ACL, the longest (garbage is collected)', value: quantile(adds, 1), unit: 'ns' },
    { what: `a question never asked before, ${million}`, value: quantile(misses, 0.5), unit: 'ns' },
    { what: `the first question after a change, ${million}`, value: quantile(firsts, 0.5), unit: 'ns' },
    {
      what: `cached, ${PRINCIPALS.toLocaleString('en')} principals in turn, ${million}`,
      value: inTurn,
      unit: 'ns',
    },
  ]
}

async function thousandPrincipals(of: (name: string) => CachedPermissions): Promise<number> {
  const all = Array.from({ length: PRINCIPALS }, (_, i) => of(`user-${i}`))
  const ask = () => {
    let allowed = 0
    for (let topic = 0; topic < TOPICS_EACH; topic++) {
      for (let i = 0; i < PRINCIPALS; i++) {
        if ((all[i] as CachedPermissions).allowsTopic(READ, topic)) allowed++
      }
    }
    return allowed
  }
  for (let round = 0; round < 200; round++) ask()
  return (await time(ask)).min / (PRINCIPALS * TOPICS_EACH)
}

function writeRule(resourceName: string): AclBinding {
  return {
    resourceType: ResourceType.TOPIC,
    resourceName,
    patternType: PatternType.LITERAL,
    principal: 'User:alice',
    host: '*',
    operation: WRITE,
    permissionType: PermissionType.ALLOW,
  }
}

/** How long each took, in ascending order. */
function each(count: number, measured: (i: number) => void, before?: (i: number) => void): number[] {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    before?.(i)
    const started = process.hrtime.bigint()
    measured(i)
    times.push(Number(process.hrtime.bigint() - started))
  }
  return times
}

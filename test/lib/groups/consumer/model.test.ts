import fc from 'fast-check'
import { World } from '../../../helpers/groups/model/world.ts'

/*
 * Members that speak the consumer protocol, the classic one, or first one and then the other; they join, take their time
 * to give up partitions, commit, stall, leave for a while or for good, crash, come back, subscribe otherwise and lose their
 * coordinator, in any order, while topics grow. Whatever happens: nothing is owned twice, epochs only rise, commits are
 * refused only where they must be; and when all is quiet, all who are alive are members, and own everything.
 */

const SCHEDULES = 2000
const MEMBERS = 5

type Step =
  | {
      readonly kind: 'act' | 'leave' | 'pause' | 'crash' | 'change' | 'switch' | 'commit'
      readonly member: number
    }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'everybody' | 'fail' | 'resign' | 'grow' }

const member = fc.nat(MEMBERS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 16, arbitrary: fc.record({ kind: fc.constant('act' as const), member }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('leave' as const, 'pause' as const, 'crash' as const, 'change' as const),
      member,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('switch' as const), member }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('commit' as const), member }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 700, 3000, 9000, 21_000, 46_000),
    }),
  },
  { weight: 5, arbitrary: fc.constant({ kind: 'everybody' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('fail' as const, 'resign' as const, 'grow' as const) }),
  },
)

async function run(steps: readonly Step[]): Promise<void> {
  const world = new World(MEMBERS)
  for (const step of steps) {
    if (step.kind === 'pass') await world.pass(step.ms)
    else if (step.kind === 'everybody') await world.everybody()
    else if (step.kind === 'fail') world.move(true)
    else if (step.kind === 'resign') world.move(false)
    else if (step.kind === 'grow') world.grow()
    else if ('member' in step) {
      const client = world.client(step.member)
      if (step.kind === 'act') await client.act()
      else if (step.kind === 'leave') await client.leave(false)
      else if (step.kind === 'pause') await client.leave(true)
      else if (step.kind === 'crash') client.crash()
      else if (step.kind === 'change') client.change()
      else if (step.kind === 'switch') client.switchProtocol()
      else await client.commit()
    }
    world.check()
  }
  await world.calm()
}

// Before tap is there: its watch over promises would take most of the time.
const schedules = fc.array(step, { minLength: 5, maxLength: 50, size: 'max' })
const details = await fc.check(fc.asyncProperty(schedules, run), { numRuns: SCHEDULES })

const { default: t } = await import('tap')

t.test(`${SCHEDULES} schedules of ${MEMBERS} members`, async (t) => {
  t.notOk(details.failed, fc.defaultReportMessage(details) ?? '')
})

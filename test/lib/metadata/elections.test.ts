import fc from 'fast-check'
import t from 'tap'
import { ManualClock } from '../../../lib/lab/clock.ts'
import { SeededRandom } from '../../../lib/lab/random.ts'
import { ApiError } from '../../../lib/metadata/controller/api-error.ts'
import { LeaderBalancer } from '../../../lib/metadata/controller/leader-balancer.ts'
import { type PlacementBroker, placeReplicas } from '../../../lib/metadata/controller/replica-placement.ts'
import { errorName } from '../../../protocol/errors.ts'
import { Controlled, creatableTopic } from '../../helpers/metadata.ts'

const UNCLEAN = 'unclean.leader.election.enable'

function stateOf(controlled: Controlled, topic: string, index = 0) {
  const { leader, isr, leaderEpoch } = controlled.partition(topic, index)
  return { leader, isr, leaderEpoch }
}

t.test('leaders follow brokers that come and go', async (t) => {
  const controlled = new Controlled()
  controlled.topic('t', [1, 2, 3], [2, 3, 1])
  controlled.down(1)
  t.same(stateOf(controlled, 't', 0), { leader: 2, isr: [2, 3], leaderEpoch: 1 })
  t.same(
    stateOf(controlled, 't', 1),
    { leader: 2, isr: [2, 3], leaderEpoch: 0 },
    'a smaller ISR is no new epoch',
  )
  controlled.down(2)
  t.same(stateOf(controlled, 't', 0), { leader: 3, isr: [3], leaderEpoch: 2 })
  controlled.down(3)
  t.same(stateOf(controlled, 't', 0), { leader: -1, isr: [3], leaderEpoch: 3 }, 'the last one stays in sync')
  controlled.up(1)
  t.same(
    stateOf(controlled, 't', 0),
    { leader: -1, isr: [3], leaderEpoch: 3 },
    'who is not in sync does not lead',
  )
  controlled.up(3)
  t.same(
    stateOf(controlled, 't', 0),
    { leader: 3, isr: [3, 1], leaderEpoch: 4 },
    'those that are up catch up',
  )
  controlled.up(2)
  t.same(stateOf(controlled, 't', 0), { leader: 3, isr: [3, 1, 2], leaderEpoch: 4 })
  t.equal(controlled.image.brokers.get(2)?.fenced, false)
  controlled.down(2)
  controlled.down(2)
  t.equal(controlled.image.brokers.get(2)?.fenced, true, 'to be down twice changes nothing')
})

t.test('a broker that registers while it is up has been away', async (t) => {
  const controlled = new Controlled()
  controlled.topic('t', [1, 2])
  const epoch = controlled.image.brokers.get(1)?.epoch ?? 0
  controlled.up(1)
  t.same(stateOf(controlled, 't'), { leader: 2, isr: [2, 1], leaderEpoch: 1 })
  t.ok((controlled.image.brokers.get(1)?.epoch ?? 0) > epoch)
})

t.test('unclean elections happen where the topic allows them', async (t) => {
  const controlled = new Controlled()
  controlled.topic('safe', [1, 2])
  controlled.topic('risky', [1, 2])
  const configs = [{ name: UNCLEAN, value: 'true', configOperation: 0 }]
  const alter = (resourceName: string) =>
    controlled.controller.alterConfigs(1, [{ resourceType: 2, resourceName, configs, incremental: true }])
  alter('risky')
  for (const nodeId of [2, 1]) controlled.down(nodeId)
  controlled.up(2)
  t.same(stateOf(controlled, 'safe'), { leader: -1, isr: [1], leaderEpoch: 1 })
  t.same(stateOf(controlled, 'risky'), { leader: 2, isr: [2], leaderEpoch: 2 })
  alter('safe')
  t.same(
    stateOf(controlled, 'safe'),
    { leader: 2, isr: [2], leaderEpoch: 2 },
    'at once when it becomes allowed',
  )
})

t.test('clients elect leaders', async (t) => {
  const controlled = new Controlled()
  controlled.topic('t', [1, 2], [2, 1])
  controlled.topic('lost', [1])
  const elect = (type: number, ...partitions: number[]) => {
    const results = controlled.controller.electLeaders(type, [
      { topic: 't', partitions },
      { topic: 'lost', partitions: [0] },
    ])
    if (results instanceof ApiError) return `${errorName(results.errorCode)}: ${results.errorMessage}`
    return results.map(({ partitionResult }) => partitionResult.map(({ errorCode }) => errorName(errorCode)))
  }
  t.same(elect(0, 0, 5), [['ELECTION_NOT_NEEDED', 'UNKNOWN_TOPIC_OR_PARTITION'], ['ELECTION_NOT_NEEDED']])
  t.equal(elect(2, 0), 'INVALID_REQUEST: Unknown election type 2')
  controlled.down(1)
  t.same(elect(0, 0, 1), [
    ['PREFERRED_LEADER_NOT_AVAILABLE', 'ELECTION_NOT_NEEDED'],
    ['PREFERRED_LEADER_NOT_AVAILABLE'],
  ])
  t.same(elect(1, 0), [['ELECTION_NOT_NEEDED'], ['ELIGIBLE_LEADERS_NOT_AVAILABLE']])
  controlled.up(1)
  t.equal(controlled.partition('t').leader, 2)
  const all = controlled.controller.electLeaders(0, null)
  t.same(all, [
    { topic: 't', partitionResult: [{ partitionId: 0, errorCode: 0, errorMessage: null }] },
    { topic: 'lost', partitionResult: [] },
  ])
  t.equal(controlled.partition('t').leader, 1)
})

t.test('an unclean election by request takes a replica that is not in sync', async (t) => {
  const controlled = new Controlled()
  controlled.topic('t', [1, 2])
  for (const nodeId of [2, 1]) controlled.down(nodeId)
  controlled.up(2)
  controlled.controller.electLeaders(1, [{ topic: 't', partitions: [0] }])
  t.same(stateOf(controlled, 't'), { leader: 2, isr: [2], leaderEpoch: 2 })
})

t.test('tests move leaders', async (t) => {
  const controlled = new Controlled()
  controlled.topic('t', [1, 2, 3])
  controlled.controller.moveLeader('t', 0, 3)
  t.same(stateOf(controlled, 't'), { leader: 3, isr: [1, 2, 3], leaderEpoch: 1 })
  controlled.controller.moveLeader('t', 0, 3)
  t.equal(controlled.partition('t').leaderEpoch, 1, 'it leads already')
  controlled.down(2)
  t.throws(() => controlled.controller.moveLeader('t', 0, 2), /broker 2 cannot lead t-0.*\(of 1, 3\)/)
  t.throws(() => controlled.controller.moveLeader('t', 1, 2), /no partition t-1/)
})

t.test('leaders go back to the preferred replicas after a while', async (t) => {
  const clock = new ManualClock()
  const controlled = new Controlled({ config: { 'leader.imbalance.check.interval.seconds': '10' } })
  const { controller, metadata, configs } = controlled
  const balancer = new LeaderBalancer(controller, metadata, configs, clock)
  controlled.topic('t', [1, 2])
  t.equal(clock.pendingTimers, 0, 'nothing has moved')
  controlled.down(1)
  controlled.up(1)
  clock.advance(9999)
  t.equal(controlled.partition('t').leader, 2)
  clock.advance(1)
  t.equal(controlled.partition('t').leader, 1)
  clock.advance(10_000)
  t.equal(clock.pendingTimers, 0)
  controlled.down(1)
  t.equal(clock.pendingTimers, 1)
  balancer.close()
  t.equal(clock.pendingTimers, 0)
  controlled.up(1)
  t.equal(clock.pendingTimers, 0)

  const still = new Controlled({ config: { 'auto.leader.rebalance.enable': 'false' } })
  new LeaderBalancer(still.controller, still.metadata, still.configs, clock)
  still.topic('t', [1, 2])
  still.down(1)
  t.equal(clock.pendingTimers, 0, 'not if the config forbids it')
})

t.test('whatever happens to brokers, every partition is led by one that may lead it', async () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean()), { maxLength: 40 })
  fc.assert(
    fc.property(steps, fc.boolean(), fc.integer(), (moves, unclean, seed) => {
      const controlled = new Controlled({
        brokers: [1, 2, 3, 4],
        config: { [UNCLEAN]: String(unclean) },
        seed,
      })
      controlled.controller.createTopics([
        creatableTopic('one', { numPartitions: 4 }),
        creatableTopic('three', { numPartitions: 6, replicationFactor: 3 }),
      ])
      for (const [nodeId, up] of moves) {
        if (up) controlled.up(nodeId)
        else controlled.down(nodeId)
        for (const { partitions } of controlled.image.topicsByName.values()) {
          for (const { leader, isr, replicas } of partitions) {
            const isUp = (broker: number) => controlled.image.isActive(broker)
            const candidates = (unclean ? replicas : isr).filter(isUp)
            if (isr.length === 0 || isr.some((broker) => !replicas.includes(broker))) return false
            if (new Set(isr).size !== isr.length) return false
            if (candidates.length === 0 ? leader !== -1 : !isUp(leader) || !isr.includes(leader)) return false
            // With a leader, exactly those that are up are in sync.
            if (leader !== -1 && replicas.some((broker) => isUp(broker) !== isr.includes(broker)))
              return false
          }
        }
      }
      return true
    }),
  )
})

t.test('replicas are placed', async (t) => {
  const brokers = (racks: Record<string, number[]>, fenced: number[] = []): PlacementBroker[] =>
    Object.entries(racks).flatMap(([rack, ids]) =>
      ids.map((id) => ({ id, rack: rack === '' ? null : rack, fenced: fenced.includes(id) })),
    )

  t.test('on different brokers, the leader on one that is up', async () => {
    const cluster = fc.record({
      racks: fc.dictionary(fc.constantFrom('', 'a', 'b', 'c'), fc.integer({ min: 1, max: 4 }), {
        minKeys: 1,
      }),
      fenced: fc.uniqueArray(fc.integer({ min: 0, max: 15 })),
      partitions: fc.integer({ min: 1, max: 60 }),
      factor: fc.integer({ min: 1, max: 6 }),
      seed: fc.integer(),
    })
    fc.assert(
      fc.property(cluster, ({ racks, fenced, partitions, factor, seed }) => {
        let next = 0
        const ids = Object.fromEntries(
          Object.entries(racks).map(([rack, size]) => [rack, Array.from({ length: size }, () => next++)]),
        )
        const all = brokers(ids, fenced)
        const placed = placeReplicas(partitions, factor, all, new SeededRandom(seed))
        if (all.every((broker) => broker.fenced)) return placed === 'All brokers are currently fenced.'
        if (factor > all.length)
          return typeof placed === 'string' && placed.includes(`only ${all.length} broker(s)`)
        if (typeof placed === 'string' || placed.length !== partitions) return false
        return placed.every((replicas) => {
          const isDistinct = new Set(replicas).size === factor && replicas.length === factor
          return isDistinct && !all.find(({ id }) => id === replicas[0])?.fenced
        })
      }),
    )
  })

  t.test('evenly over racks and brokers', async (t) => {
    const all = brokers({ a: [1, 2], b: [3, 4], c: [5, 6] })
    const placed = placeReplicas(60, 3, all, new SeededRandom(7)) as number[][]
    const rackOf = (id: number) => all.find((broker) => broker.id === id)?.rack
    for (const replicas of placed)
      t.equal(new Set(replicas.map(rackOf)).size, 3, `one in each rack: ${replicas}`)
    for (const { id } of all) {
      t.equal(placed.filter((replicas) => replicas.includes(id)).length, 30, `broker ${id} has its share`)
      const led = placed.filter(([leader]) => leader === id).length
      t.ok(led >= 5 && led <= 15, `broker ${id} leads ${led} of 60`)
    }
  })

  t.test('the same for the same seed, otherwise not', async (t) => {
    const all = brokers({ '': [1, 2, 3, 4, 5] })
    const place = (seed: number) => placeReplicas(12, 2, all, new SeededRandom(seed))
    t.same(place(1), place(1))
    t.notSame(place(1), place(2))
  })
})

import type { Random } from '../../lab/random.ts'

/** A broker that replicas may be put on. */
export interface PlacementBroker {
  readonly id: number
  readonly rack: string | null
  readonly fenced: boolean
}

/**
 * Replicas for each of `partitions` new partitions, the first being the leader; or, as text, why there is no place.
 *
 * As in Kafka's StripedReplicaPlacer: partition after partition takes its replicas from one rack after the other,
 * starting a rack further each time; within a rack the brokers take turns in the same way. A random start, and a shuffle
 * after as many partitions as there are brokers, keep topics from lying all alike. Fenced brokers come last in their
 * rack and never lead.
 */
export function placeReplicas(
  partitions: number,
  replicationFactor: number,
  brokers: Iterable<PlacementBroker>,
  random: Random,
): number[][] | string {
  const racks = new Racks(brokers, random)
  if (racks.unfencedBrokers === 0) return 'All brokers are currently fenced.'
  if (replicationFactor > racks.totalBrokers) {
    return (
      `The target replication factor of ${replicationFactor} cannot be reached because only ${racks.totalBrokers} ` +
      'broker(s) are registered or some brokers have all their log directories cordoned.'
    )
  }
  const placed: number[][] = []
  for (let partition = 0; partition < partitions; partition++) placed.push(racks.next(replicationFactor))
  return placed
}

/** Brokers that take turns. In each round everyone comes once, and each round starts one further. */
class Turns {
  readonly brokers: number[] = []
  #round = 0
  #taken = 0
  #offset = 0

  start(random: Random): void {
    this.brokers.sort((a, b) => a - b)
    if (this.brokers.length > 0) this.#offset = random.below(this.brokers.length)
  }

  next(round: number): number | undefined {
    const count = this.brokers.length
    if (count === 0) return undefined
    if (this.#round !== round) {
      this.#round = round
      this.#taken = 0
      this.#offset = (this.#offset + 1) % count
    }
    if (this.#taken === count) return undefined
    return this.brokers[(this.#taken++ + this.#offset) % count]
  }
}

class Rack {
  readonly name: string
  readonly unfenced = new Turns()
  readonly fenced = new Turns()

  constructor(name: string) {
    this.name = name
  }

  next(round: number): number | undefined {
    return this.unfenced.next(round) ?? this.fenced.next(round)
  }
}

class Racks {
  readonly #random: Random
  readonly #racks: Rack[] = []
  readonly totalBrokers: number
  readonly unfencedBrokers: number
  #round = 0
  #offset: number

  constructor(brokers: Iterable<PlacementBroker>, random: Random) {
    this.#random = random
    const byName = new Map<string, Rack>()
    let total = 0
    let unfenced = 0
    for (const broker of brokers) {
      // Brokers without a rack are a rack of their own, sorted first; no rack can be called ''.
      const name = broker.rack ?? ''
      let rack = byName.get(name)
      if (!rack) {
        rack = new Rack(name)
        byName.set(name, rack)
      }
      if (!broker.fenced) unfenced++
      const turns = broker.fenced ? rack.fenced : rack.unfenced
      turns.brokers.push(broker.id)
      total++
    }
    this.totalBrokers = total
    this.unfencedBrokers = unfenced
    this.#racks = [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const rack of this.#racks) {
      rack.fenced.start(random)
      rack.unfenced.start(random)
    }
    this.#offset = this.#racks.length === 0 ? 0 : random.below(this.#racks.length)
  }

  next(replicationFactor: number): number[] {
    const racks = this.#racks
    // With one broker there is nothing to shuffle, and a round that starts anew would never hand it out again.
    if (this.#round === this.unfencedBrokers && this.unfencedBrokers > 1) {
      this.#shuffle()
      this.#round = 0
    }
    if (this.#offset === racks.length) this.#offset = 0
    const round = this.#round
    const replicas: number[] = []
    let leading = this.#offset
    for (;;) {
      const leader = (racks[leading] as Rack).unfenced.next(round)
      if (leader !== undefined) {
        replicas.push(leader)
        break
      }
      leading = (leading + 1) % racks.length
    }
    let index = this.#offset
    let skip: number | undefined = leading
    while (replicas.length < replicationFactor) {
      // The leader's rack sits out once: it has had its turn.
      if (index === skip) skip = undefined
      else {
        const broker = (racks[index] as Rack).next(round)
        if (broker !== undefined) replicas.push(broker)
      }
      index = (index + 1) % racks.length
    }
    this.#round++
    this.#offset++
    return replicas
  }

  #shuffle(): void {
    shuffle(this.#racks, this.#random)
    for (const rack of this.#racks) {
      shuffle(rack.fenced.brokers, this.#random)
      shuffle(rack.unfenced.brokers, this.#random)
    }
  }
}

function shuffle<T>(items: T[], random: Random): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.below(last + 1)
    const held = items[last] as T
    items[last] = items[other] as T
    items[other] = held
  }
}

import Benchmark from 'benchmark'
import { sink } from '../harness.ts'

/** Rounds in which every operation has its go. */
const ROUNDS = 40
/** Each runs that long before anything is timed: the compiler works beside, and has to be done with all of them. */
const WARM_UP_MS = 150
/** One call of Benchmark.js does this much: below it the call itself is what would be measured. */
const CALL_NANOSECONDS = 200_000

/** What one operation took in each round, in nanoseconds for one question. */
export type Rounds = readonly number[]

/**
 * Times operations that are to be compared, in many short rounds: what else the machine does comes and goes, and so do
 * its clock and its caches, but two that follow one another within milliseconds meet the same. Each time another is first.
 * @param questions in one call of an operation
 */
export function alternate<K extends string>(
  operations: Readonly<Record<K, () => unknown>>,
  questions: number,
): Record<K, Rounds> {
  const all = Object.entries<() => unknown>(operations).map(([name, operation]) => ({
    name,
    operation,
    repeats: Math.ceil(CALL_NANOSECONDS / warmUp(operation)),
    rounds: [] as number[],
  }))
  for (let round = 0; round < ROUNDS; round++) {
    for (const { operation, repeats, rounds } of [
      ...all.slice(round % all.length),
      ...all.slice(0, round % all.length),
    ]) {
      rounds.push(least(operation, repeats) / questions)
    }
  }
  return Object.fromEntries(all.map(({ name, rounds }) => [name, rounds])) as {
    [name: string]: Rounds
  } as Record<K, Rounds>
}

/** @returns nanoseconds for one call, about */
function warmUp(operation: () => unknown): number {
  const started = process.hrtime.bigint()
  const end = started + BigInt(WARM_UP_MS * 1e6)
  let calls = 0
  for (; process.hrtime.bigint() < end; calls++) sink.value = operation()
  return (WARM_UP_MS * 1e6) / calls
}

/** Nanoseconds for one call, the least of some samples: what else runs only adds. */
function least(operation: () => unknown, repeats: number): number {
  const bench = new Benchmark(
    () => {
      for (let i = 0; i < repeats; i++) sink.value = operation()
    },
    { minSamples: 3, minTime: 0.001, maxTime: 0.005 },
  )
  bench.run({ async: false })
  // Benchmark.js swallows what a bench throws.
  const { error } = bench as unknown as { error?: Error }
  if (error) throw error
  return (Math.min(...bench.stats.sample) * 1e9) / repeats
}

/** Round by round, how many times what the other took. */
export function ratios(rounds: Rounds, others: Rounds): Rounds {
  return rounds.map((value, i) => value / (others[i] as number))
}

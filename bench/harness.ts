import { cpus, totalmem } from 'node:os'
import Benchmark from 'benchmark'

/** What the figures below were measured on. */
export function machine(): string {
  const cores = cpus()
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  return `${cores[0]?.model ?? 'unknown processor'}, ${cores.length} cores, ${gigabytes} GB, node ${process.version}`
}

/** Nanoseconds for one operation. */
export interface Timing {
  readonly min: number
  readonly median: number
  readonly mean: number
}

/** Where results go, so that no work is optimized away. */
export const sink: { value: unknown } = { value: undefined }

/** One call of Benchmark.js does this much: below it the call itself is what would be measured. */
const CALL_NANOSECONDS = 200_000
/** What else the machine does comes and goes; operations that are compared take turns. */
const ROUNDS = 4

/** Times `operation`, synchronous or not. */
export async function time(operation: () => unknown): Promise<Timing> {
  const [timing] = await timeTogether([operation])
  return timing as Timing
}

/** Times operations that are to be compared. Many operations make up one call of Benchmark.js. */
export async function timeTogether(operations: readonly (() => unknown)[]): Promise<Timing[]> {
  const samples: number[][] = operations.map(() => [])
  const repeats: number[] = []
  for (const operation of operations) repeats.push(await repeatsFor(operation))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, operation] of operations.entries()) {
      samples[i]?.push(...(await sampleOf(operation, repeats[i] as number)))
    }
  }
  return samples.map((sample) => ({
    min: quantile(sample, 0),
    median: quantile(sample, 0.5),
    mean: sample.reduce((sum, one) => sum + one, 0) / sample.length,
  }))
}

/** What so large a share of the figures is below: 0 the least, 0.5 the median, 1 the most; NaN of none. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

/** Nanoseconds for one operation, as many times as Benchmark.js sampled. */
async function sampleOf(operation: () => unknown, repeats: number): Promise<number[]> {
  const asynchronous = operation() instanceof Promise
  const options: Benchmark.Options = { minSamples: 10, minTime: 0.005, maxTime: 0.1 }
  const bench = asynchronous
    ? new Benchmark(
        async (deferred: { resolve(): void }) => {
          for (let i = 0; i < repeats; i++) sink.value = await operation()
          deferred.resolve()
        },
        { ...options, defer: true },
      )
    : new Benchmark(() => {
        for (let i = 0; i < repeats; i++) sink.value = operation()
      }, options)
  await new Promise<void>((resolve) => {
    bench.on('complete', () => resolve())
    bench.run({ async: true })
  })
  // Benchmark.js swallows what a bench throws.
  const { error } = bench as unknown as { error?: Error }
  if (error) throw error
  return bench.stats.sample.map((seconds) => (seconds * 1e9) / repeats)
}

async function repeatsFor(operation: () => unknown): Promise<number> {
  for (let repeats = 1; ; repeats *= 4) {
    const started = process.hrtime.bigint()
    for (let i = 0; i < repeats; i++) {
      const result = operation()
      sink.value = result instanceof Promise ? await result : result
    }
    const taken = Number(process.hrtime.bigint() - started)
    if (taken >= CALL_NANOSECONDS || repeats >= 100_000) return repeats
  }
}

/** `340 ns`, `12.5 us`, `1.20 ms`. */
export function readable(nanoseconds: number): string {
  if (nanoseconds < 1000) return `${nanoseconds.toFixed(nanoseconds < 10 ? 1 : 0)} ns`
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toPrecision(3)} us`
  return `${(nanoseconds / 1e6).toPrecision(3)} ms`
}

/** Cells under one another; the first column to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

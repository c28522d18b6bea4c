import type { Bar, Goal } from '../harness/report.ts'
import { quantile, readable } from '../harness.ts'
import { type Rounds, ratios } from './alternate.ts'

/** One line of the result: what was measured beside what, and the goal it is held to. */
export interface Figure {
  readonly what: string
  /** Nanoseconds, or bytes, or a share. */
  readonly value: number
  readonly unit: 'ns' | 'bytes' | 'share'
  /** What it is compared with, measured in the same run. */
  readonly beside?: { readonly what: string; readonly value: number }
  /** Where both had their go in every round: what four in five of the rounds' ratios lie between. */
  readonly spread?: { readonly from: number; readonly to: number }
  /** The ratio is to be at most this, or the value itself where there is nothing beside it. */
  readonly atMost?: number
}

/** A figure from rounds that both had: of each the least, for what else runs only adds. */
export function compared(
  [what, rounds]: readonly [what: string, Rounds],
  [besideWhat, besideRounds]: readonly [what: string, Rounds],
  atMost?: number,
): Figure {
  const each = ratios(rounds, besideRounds)
  return {
    what,
    value: quantile(rounds, 0),
    unit: 'ns',
    beside: { what: besideWhat, value: quantile(besideRounds, 0) },
    spread: { from: quantile(each, 0.1), to: quantile(each, 0.9) },
    ...(atMost === undefined ? {} : { atMost }),
  }
}

export function row(figure: Figure): string[] {
  const { what, value, unit, beside, spread } = figure
  const between = spread ? ` (${spread.from.toPrecision(3)} to ${spread.to.toPrecision(3)})` : ''
  const those = beside && [
    beside.what,
    shown(beside.value, unit),
    `${ratioOf(figure).toPrecision(3)}${between}`,
  ]
  return [what, shown(value, unit), ...(those ?? ['', '', ''])]
}

function ratioOf({ value, beside }: Figure): number {
  return value / (beside?.value ?? Number.NaN)
}

export const HEAD = ['question', 'ours', 'beside', 'that', 'ratio']

/** None where nothing is held to anything. */
export function goalsOf(figure: Figure): Goal[] {
  const { what, value, unit, beside, atMost } = figure
  if (atMost === undefined) return []
  if (beside) return [{ what: `${what}, of ${beside.what}`, value: ratioOf(figure), atMost }]
  return [{ what, value, atMost, ...(unit === 'share' ? {} : { unit }) }]
}

/** Ours and what stands beside it. */
export function barsOf({ what, value, beside, atMost }: Figure): Bar[] {
  if (!beside) return []
  const goal = atMost === undefined ? {} : { goal: beside.value * atMost }
  return [
    { group: what, who: 'josephk', value, ...goal },
    { group: what, who: beside.what, value: beside.value },
  ]
}

function shown(value: number, unit: Figure['unit']): string {
  if (unit === 'ns') return readable(value)
  if (unit === 'share') return `${(100 * value).toFixed(2)} %`
  return `${(value / 2 ** 20).toFixed(1)} MB`
}

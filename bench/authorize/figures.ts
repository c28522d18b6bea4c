import { readable } from '../harness.ts'

/** One line of the result: what was measured beside what, and the goal it is held to. */
export interface Figure {
  readonly what: string
  /** Nanoseconds, or bytes, or a share. */
  readonly value: number
  readonly unit: 'ns' | 'bytes' | 'share'
  /** What it is compared with, measured in the same run. */
  readonly beside?: { readonly what: string; readonly value: number }
  /** `value / beside` is to be at most this, or the value itself where there is nothing beside it. */
  readonly atMost?: number
}

export function ratioOf({ value, beside }: Figure): number {
  return beside === undefined ? value : value / beside.value
}

export function isLost(figure: Figure): boolean {
  return figure.atMost !== undefined && !(ratioOf(figure) <= figure.atMost)
}

export function row(figure: Figure): string[] {
  const { what, value, unit, beside, atMost } = figure
  return [
    what,
    shown(value, unit),
    beside?.what ?? '',
    beside ? shown(beside.value, unit) : '',
    beside ? ratioOf(figure).toPrecision(3) : '',
    goal(figure, atMost),
    atMost === undefined ? '' : isLost(figure) ? 'LOST' : 'met',
  ]
}

export const HEAD = ['question', 'ours', 'beside', 'that', 'ratio', 'goal', '']

function goal({ beside, unit }: Figure, atMost: number | undefined): string {
  if (atMost === undefined) return ''
  return beside ? `<= ${atMost}` : `<= ${shown(atMost, unit)}`
}

function shown(value: number, unit: Figure['unit']): string {
  if (unit === 'ns') return readable(value)
  if (unit === 'share') return `${(100 * value).toFixed(2)} %`
  return `${(value / 2 ** 20).toFixed(1)} MB`
}

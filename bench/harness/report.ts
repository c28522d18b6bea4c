import { table } from '../harness.ts'
import type { Progress } from './progress.ts'

/** Something measured that is held to a limit. */
export interface Goal {
  readonly what: string
  readonly value: number
  /** Behind both numbers; none where they are ratios. */
  readonly unit?: string
  readonly atMost?: number
  readonly atLeast?: number
}

/** A goal as it is kept. What could not be measured is not met. */
export interface JudgedGoal {
  readonly what: string
  /** `0.93`, `120 us`. */
  readonly measured: string
  /** `at most 1.2`. */
  readonly limit: string
  readonly isLost: boolean
}

/** One bar: what `who` took or gave in the case `group`. */
export interface Bar {
  readonly group: string
  readonly who: string
  readonly value: number
  /** Where this bar is to end: a mark. */
  readonly goal?: number
}

/** Bars beside each other, a group for each case. */
export interface Chart {
  readonly title: string
  /** What the bars count, with its unit: `requests a second`. */
  readonly unit: string
  readonly better: 'more' | 'less'
  /** Linear unless told. */
  readonly scale?: 'linear' | 'log'
  readonly bars: readonly Bar[]
}

/** A table of a bench, with what it is held to. */
export interface Section {
  readonly title: string
  /** Below the title: what was done, which of its figures are shown. */
  readonly note?: string
  /** The first is the head. */
  readonly rows: readonly (readonly string[])[]
  readonly goals?: readonly Goal[]
  readonly charts?: readonly Chart[]
}

export interface KeptSection extends Omit<Section, 'goals'> {
  readonly goals: readonly JudgedGoal[]
}

export interface Missing {
  readonly what: string
  readonly why: string
}

/** What a bench says while it runs; everything said is printed at once, and kept. */
export class Report {
  readonly #progress: Progress
  readonly #keep: () => void
  readonly sections: KeptSection[] = []
  readonly missings: Missing[] = []

  /** @param keep called when there is more to keep, so that a bench that breaks down loses only the rest */
  constructor(progress: Progress, keep: () => void = () => {}) {
    this.#progress = progress
    this.#keep = keep
  }

  /** What is done now, for whoever looks at a terminal. */
  step(text: string): void {
    this.#progress.step(text)
  }

  /** A rival or a case that is left out, by name and reason, of which one line counts. Saying it again changes nothing. */
  missing(what: string, reason: string): void {
    const [why = ''] = reason.split('\n')
    if (this.missings.some((one) => one.what === what && one.why === why)) return
    this.missings.push({ what, why })
    this.#print(`${what}: not measured, ${why}`)
    this.#keep()
  }

  show({ goals = [], ...section }: Section): void {
    const judged = goals.map(judge)
    this.sections.push({ ...section, goals: judged })
    const { title, note, rows } = section
    this.#print(`\n${title}${note === undefined ? '' : `\n${note}`}\n${table(rows)}`)
    for (const goal of judged) this.#print(`${goal.isLost ? 'LOST' : 'met '}  ${goalText(goal)}`)
    this.#keep()
  }

  #print(text: string): void {
    this.#progress.clear()
    console.log(text)
  }
}

/** `fetch, bytes a second of the ceiling's: 0.93, at least 0.9`. */
export function goalText({ what, measured, limit }: JudgedGoal): string {
  return `${what}: ${measured}, ${limit}`
}

function judge({ what, value, unit, atMost, atLeast }: Goal): JudgedGoal {
  const isMet = (number: number) =>
    number <= (atMost ?? Number.POSITIVE_INFINITY) && number >= (atLeast ?? Number.NEGATIVE_INFINITY)
  const shown = (number: number, digits = 3) => {
    const text = number.toLocaleString('en', { maximumSignificantDigits: digits })
    return unit === undefined ? text : `${text} ${unit}`
  }
  const limits = [
    ...(atLeast === undefined ? [] : [`at least ${shown(atLeast)}`]),
    ...(atMost === undefined ? [] : [`at most ${shown(atMost)}`]),
  ]
  // Rounded as far as that does not turn a loss that is close into none.
  const digits = [3, 4, 5].find((count) => isMet(Number(value.toPrecision(count))) === isMet(value)) ?? 10
  return {
    what,
    measured: Number.isFinite(value) ? shown(value, digits) : 'not measured',
    limit: limits.join(', '),
    isLost: !Number.isFinite(value) || !isMet(value),
  }
}

import * as vega from 'vega'
import type { Bar, Chart } from './report.ts'

const WIDTH = 560
const BAR_HEIGHT = 14
const GROUP_GAP = 10
/** For servers that are seen in many charts; others get what is left. */
const COLORS: Readonly<Record<string, string>> = {
  josephk: '#1f77b4',
  ours: '#1f77b4',
  'bare sockets': '#7f7f7f',
  'Apache Kafka': '#d62728',
  kfake: '#2ca02c',
  'librdkafka mock': '#9467bd',
}
const OTHER_COLORS = ['#1f77b4', '#ff7f0e', '#8c564b', '#e377c2', '#bcbd22', '#17becf', '#7f7f7f']

/** The chart as SVG, always the same for the same figures. */
export async function drawChart(chart: Chart): Promise<string> {
  const view = new vega.View(vega.parse(specification(chart)), { renderer: 'none' })
  const svg = await view.toSVG()
  view.finalize()
  return `${svg}\n`
}

/** What could not be measured has no bar; what was said twice has one. */
function barsOf({ bars, scale }: Chart): Bar[] {
  const found = new Map<string, Bar>()
  for (const bar of bars)
    if (Number.isFinite(bar.value) && (bar.value > 0 || (bar.value === 0 && scale !== 'log')))
      found.set(`${bar.group}\0${bar.who}`, bar)
  return [...found.values()]
}

function specification(chart: Chart): vega.Spec {
  const bars = barsOf(chart)
  const groups = unique(bars.map(({ group }) => group))
  const names = unique(bars.map(({ who }) => who))
  // Each bar has its own place, so that groups may have different members.
  let top = 0
  const places = groups.map((group) => {
    const members = bars.filter((bar) => bar.group === group)
    const values = members.map(({ who, value, goal }, i) => ({
      who,
      value,
      goal,
      shown: shown(value),
      top: top + i * BAR_HEIGHT,
    }))
    const place = { group, middle: top + (members.length * BAR_HEIGHT) / 2, values }
    top += members.length * BAR_HEIGHT + GROUP_GAP
    return place
  })
  const zero = chart.scale === 'log' ? logFloor(bars) : 0
  const end = Math.max(...bars.flatMap(({ value, goal = 0 }) => [value, goal]), zero * 10)
  const color = { scale: 'color', field: 'who' }
  return {
    background: 'white',
    padding: 8,
    width: WIDTH,
    height: Math.max(0, top - GROUP_GAP),
    title: { text: chart.title, anchor: 'start', fontSize: 14 },
    data: [
      { name: 'bars', values: places.flatMap(({ values }) => values) },
      { name: 'goals', source: 'bars', transform: [{ type: 'filter', expr: 'isValid(datum.goal)' }] },
      { name: 'groups', values: places.map(({ group, middle }) => ({ group, middle })) },
    ],
    scales: [
      { name: 'x', type: chart.scale ?? 'linear', domain: [zero, end], range: 'width', nice: true },
      { name: 'color', type: 'ordinal', domain: names, range: colorsOf(names) },
    ],
    axes: [
      {
        orient: 'bottom',
        scale: 'x',
        grid: true,
        tickCount: 6,
        title: `${chart.unit}${chart.scale === 'log' ? ', logarithmic' : ''} (${chart.better} is better)`,
      },
    ],
    legends: names.length > 1 ? [{ fill: 'color', orient: 'right' }] : [],
    marks: [
      {
        type: 'rect',
        from: { data: 'bars' },
        encode: {
          enter: {
            x: { scale: 'x', value: zero },
            x2: { scale: 'x', field: 'value' },
            y: { field: 'top' },
            height: { value: BAR_HEIGHT - 2 },
            fill: color,
          },
        },
      },
      {
        type: 'rule',
        from: { data: 'goals' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'goal' },
            y: { field: 'top', offset: -1 },
            y2: { field: 'top', offset: BAR_HEIGHT - 1 },
            stroke: { value: 'black' },
            strokeWidth: { value: 2 },
          },
        },
      },
      {
        type: 'text',
        from: { data: 'bars' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'value', offset: 4 },
            y: { field: 'top', offset: BAR_HEIGHT / 2 - 1 },
            baseline: { value: 'middle' },
            fontSize: { value: 9 },
            text: { field: 'shown' },
          },
        },
      },
      {
        type: 'text',
        from: { data: 'groups' },
        encode: {
          enter: {
            x: { value: -8 },
            y: { field: 'middle' },
            align: { value: 'right' },
            baseline: { value: 'middle' },
            text: { field: 'group' },
          },
        },
      },
    ],
  }
}

/** A logarithm has no zero: the power of ten below the least. */
function logFloor(bars: readonly Bar[]): number {
  const least = Math.min(...bars.map(({ value }) => value).filter((value) => value > 0))
  return Number.isFinite(least) ? 10 ** Math.floor(Math.log10(least)) : 1
}

function colorsOf(names: readonly string[]): string[] {
  const left = OTHER_COLORS.filter((color) => !names.some((name) => COLORS[name] === color))
  return names.map((name) => COLORS[name] ?? left.shift() ?? '#000000')
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}

function shown(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 })
}

// Draws growth.svg: the cost per waiter or account by their number. A flat line is linear growth of the total.
import type { Line } from './scenarios/growth.ts'

const COLOURS = ['#1f77b4', '#d62728', '#2ca02c', '#9467bd', '#ff7f0e', '#17becf', '#7f7f7f']
const WIDTH = 440
const HEIGHT = 280
const LEFT = 88
const TOP = 40

interface Range {
  readonly from: number
  readonly to: number
}

/** Returns the powers of ten that enclose the figures. */
function rangeOf(figures: readonly number[]): Range {
  const known = figures.filter((figure) => figure > 0).map(Math.log10)
  return { from: Math.floor(Math.min(...known)), to: Math.ceil(Math.max(...known)) }
}

function powers({ from, to }: Range): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, nth) => from + nth)
}

function panel(lines: readonly Line[], title: string, left: number): string {
  const across = rangeOf(lines.flatMap(({ points }) => points.map(([count]) => count)))
  const up = rangeOf(lines.flatMap(({ points }) => points.map(([, each]) => each)))
  const x = (power: number): number => left + LEFT + ((power - across.from) / (across.to - across.from)) * WIDTH
  const y = (power: number): number => TOP + HEIGHT - ((power - up.from) / (up.to - up.from)) * HEIGHT
  const text = (at: readonly [number, number], anchor: string, words: string, fill = '#333'): string =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" text-anchor="${anchor}" fill="${fill}">${words}</text>`
  const rule = (a: readonly [number, number], b: readonly [number, number]): string =>
    `<path d="M${a.map((n) => n.toFixed(1)).join(' ')}L${b.map((n) => n.toFixed(1)).join(' ')}" stroke="#ddd"/>`
  const grid = [
    ...powers(across).flatMap((power) => [
      rule([x(power), y(up.from)], [x(power), y(up.to)]),
      text([x(power), TOP + HEIGHT + 18], 'middle', (10 ** power).toLocaleString('en-US')),
    ]),
    ...powers(up).flatMap((power) => [
      rule([x(across.from), y(power)], [x(across.to), y(power)]),
      text([left + LEFT - 8, y(power) + 4], 'end', (10 ** power).toLocaleString('en-US')),
    ]),
  ]
  const drawn = lines.flatMap(({ name, points }, nth) => {
    const colour = COLOURS[nth % COLOURS.length] ?? '#000'
    const known = points.filter(([, each]) => each > 0)
    const path = known.map(([count, each]) => `${x(Math.log10(count)).toFixed(1)} ${y(Math.log10(each)).toFixed(1)}`)
    return [
      `<path d="M${path.join('L')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      text([left + LEFT, TOP + HEIGHT + 44 + nth * 18], 'start', name, colour),
    ]
  })
  return [text([left + LEFT + WIDTH / 2, 22], 'middle', title), ...grid, ...drawn].join('\n')
}

export function plot(lines: readonly Line[]): string {
  const step = WIDTH + LEFT + 40
  const of = (unit: Line['unit']): readonly Line[] => lines.filter((line) => line.unit === unit)
  const height = TOP + HEIGHT + 60 + 18 * Math.max(of('ns').length, of('bytes').length)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(2 * step)} ${String(height)}" font-family="sans-serif" font-size="13">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    panel(of('ns'), 'ns for each, by how many waiters or accounts', 0),
    panel(of('bytes'), 'bytes for each, by how many waiters or accounts', step),
    '</svg>',
    '',
  ].join('\n')
}

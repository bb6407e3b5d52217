// The report of growth: a table, and the goal of linear growth.
import { goal, type Section } from '../report.ts'
import type { Line } from './growth.ts'

const FROM = 1_000
const TO = 100_000

/** Returns the cost per item at 100,000 divided by that at 1,000: 1 is linear growth of the total, 100 is quadratic. */
function growth({ points }: Line): number {
  const at = (size: number): number => points.find(([count]) => count === size)?.[1] ?? NaN
  return at(TO) / at(FROM)
}

export function growthSection(lines: readonly Line[]): Section {
  const counts = [...new Set(lines.flatMap(({ points }) => points.map(([count]) => count)))].toSorted((a, b) => a - b)
  return {
    id: 'g',
    title: 'Growth: what each one costs when there are so many',
    tables: [
      {
        title: 'Waiters, and accounts of a pool; nothing else takes time, neither network nor token endpoint',
        columns: ['', ...counts.map((count) => count.toLocaleString('en-US'))],
        rows: lines.map(({ name, unit, points }) => [
          `${name}, ${unit}`,
          ...counts.map((count) => {
            const each = points.find(([known]) => known === count)?.[1]
            return each === undefined ? null : Math.round(each)
          }),
        ]),
      },
    ],
    goals: lines
      .filter(({ name }) => !lines.some(({ floor }) => floor === name))
      .map((line) => {
        const claim = `${line.name}, ${line.unit}: each at 100,000 by each at 1,000`
        const floor = lines.find(({ name }) => name === line.floor)
        return floor
          ? goal(`${claim}, by the same of a Map`, growth(line) / growth(floor), 2)
          : goal(claim, growth(line), 2)
      }),
  }
}

// Results of a scenario, printed as text and as Markdown.
import type { Spread } from './stats.ts'

export type Cell = string | number | Spread | null

export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
}

export interface Goal {
  readonly claim: string
  readonly value: number
  /** The highest value allowed. */
  readonly limit: number
}

export interface Section {
  readonly id: string
  readonly title: string
  readonly tables: readonly Table[]
  readonly goals: readonly Goal[]
}

export function goal(claim: string, value: number, limit: number): Goal {
  return { claim, value, limit }
}

export function isMet({ value, limit }: Goal): boolean {
  return value <= limit
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const size = Math.abs(value)
  const digits = Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.095 ? 2 : 3
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

export function shown(cell: Cell): string {
  if (cell === null) return '-'
  if (typeof cell === 'string') return cell
  if (typeof cell === 'number') return figure(cell)
  return `${figure(cell.median)} (${figure(cell.low)} to ${figure(cell.high)})`
}

function goalsTable({ goals }: Section): Table {
  return {
    title: 'Goals',
    columns: ['goal', 'at most', 'is', ''],
    rows: goals.map((each) => [each.claim, each.limit, each.value, isMet(each) ? 'met' : 'MISSED']),
  }
}

function tablesOf(section: Section): readonly Table[] {
  return section.goals.length > 0 ? [...section.tables, goalsTable(section)] : section.tables
}

/** Returns whether the column contains no figure. */
function isText(rows: Table['rows'], at: number): boolean {
  return rows.every((row) => typeof row[at] === 'string')
}

export function asText(section: Section): string {
  const tables = tablesOf(section).map(({ title, columns, rows }) => {
    const cells = [columns, ...rows.map((row) => row.map(shown))]
    const widths = columns.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)))
    const line = (row: readonly string[]): string =>
      row
        .map((cell, at) => (isText(rows, at) ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  ')
    return [`  ${title}`, ...cells.map((row) => `    ${line(row)}`)].join('\n')
  })
  return [`(${section.id}) ${section.title}`, ...tables].join('\n\n')
}

export function asMarkdown(section: Section): string {
  const tables = tablesOf(section).map(({ title, columns, rows }) => {
    const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`
    return [
      `**${title}**`,
      '',
      line(columns),
      line(columns.map((_, at) => (isText(rows, at) ? '---' : '---:'))),
      ...rows.map((row) => line(row.map(shown))),
    ].join('\n')
  })
  return [`### ${section.title}`, ...tables].join('\n\n')
}

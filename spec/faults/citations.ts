// Which spec shows which case of the fault matrix, read off the comments `// Fault 7, 8` that stand above them.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

export interface Shown {
  readonly file: string
  readonly line: number
  /** The claim below the comment; empty in a table of cases. */
  readonly title: string
}

const ROOT = join(import.meta.dirname, '../..')

/** The specs of each case, by its number. */
export function shownFaults(): Map<number, Shown[]> {
  const shown = new Map<number, Shown[]>()
  for (const name of readdirSync(join(ROOT, 'spec'), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || name.endsWith('table.ts')) continue
    const path = join(ROOT, 'spec', name)
    const lines = readFileSync(path, 'utf8').split('\n')
    lines.forEach((text, index) => {
      const list = /\/\/ Faults? (\d+(?:(?:, | and |, and )\d+)*)/.exec(text)?.[1]
      const title = titleIn(lines.slice(index + 1, index + 12))
      for (const number of list?.match(/\d+/g) ?? []) {
        const file = relative(ROOT, path).replaceAll('\\', '/')
        shown.set(Number(number), [...(shown.get(Number(number)) ?? []), { file, line: index + 1, title }])
      }
    })
  }
  return shown
}

function titleIn(lines: readonly string[]): string {
  const text = lines.join('\n')
  const [, quote = '', title = ''] = /\bit\(\s*(['"`])(.*?)\1,\s/s.exec(text) ?? []
  return quote === '`' ? title.replaceAll(/\$\{[^}]*\}/g, '…') : title
}

/** The table in Markdown. */
export function faultTable(): string {
  const rows = [...shownFaults()].sort(([a], [b]) => a - b)
  return [
    '| Fault | Spec |',
    '|---|---|',
    ...rows.map(([number, all]) => {
      const places = all.map(({ file, line, title }) => `${file}:${String(line)}${title && ` "${title}"`}`)
      return `| ${String(number)} | ${places.join('<br>')} |`
    }),
    '',
  ].join('\n')
}

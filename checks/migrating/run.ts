// npm run check -- migrating [--write]: runs the code before and after of each page in docs/migrating, and compares the table of its README
// with what was counted. Exits with 1 if they differ, or if the code after needs more than one token request; --write writes the table.
import { readFileSync, writeFileSync } from 'node:fs'
import { measure, type Outcome } from './measure.ts'
import { lineCount, type Page, PAGES, readPages } from './pages.ts'

// axios-jwt takes the storage of a browser's window.
const kept = new Map<string, string>()
const localStorage = {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
  removeItem: (key: string) => void kept.delete(key),
}
Object.defineProperty(globalThis, 'window', { value: { localStorage }, configurable: true })

const asText = ({ refreshes, failures }: Outcome): string =>
  failures === 0 ? String(refreshes) : `${String(refreshes)}, ${String(failures)} failed`

async function rowOf({ file, title, before, after }: Page): Promise<string> {
  const cells: string[] = []
  for (const name of ['revocation', 'expiry'] as const) {
    const ours = await measure(after, name)
    cells.push(asText(await measure(before, name)), asText(ours))
    if (ours.refreshes !== 1 || ours.failures !== 0) fail(`${file}, after, ${name}: ${asText(ours)}`)
  }
  const row = [`[${title}](${file})`, String(lineCount(before)), String(lineCount(after)), ...cells]
  return `| ${row.join(' | ')} |`
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}

const rows: string[] = []
for (const page of readPages()) rows.push(await rowOf(page))
const table = `| from | lines before | after | revoked: before | after | expired: before | after |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.join('\n')}`
console.log(table)

const readme = new URL('README.md', PAGES)
const marked = /(?<=<!-- figures -->\n\n)[^]*(?=\n\n<!-- \/figures -->)/
const text = readFileSync(readme, 'utf8')
if (process.argv.includes('--write')) writeFileSync(readme, text.replace(marked, table))
else if (marked.exec(text)?.[0] !== table) fail('docs/migrating/README.md shows another table: run it with --write')

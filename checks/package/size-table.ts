// The table of docs/size.md: the part of each folder of lib/ in the size of each bundle.
import { readFile, writeFile } from 'node:fs/promises'
import { gzipped, type Part } from './bundle.ts'
import type { Budget } from './budgets.ts'

const PAGE = new URL('../../docs/size.md', import.meta.url)
const TABLE = /(<!-- sizes -->\n\n).*(\n\n<!-- \/sizes -->)/s
/** A total of the page may be off by this part. */
const TOLERANCE = 0.05

export interface Measured extends Pick<Budget, 'entry' | 'names'> {
  readonly part: Part
}

export async function writeTable(all: readonly Measured[]): Promise<void> {
  const page = await readFile(PAGE, 'utf8')
  await writeFile(PAGE, page.replace(TABLE, `$1${tableOf(all)}$2`))
}

/** The entry points whose size is not the one that the page tells. */
export async function outdated(all: readonly Measured[]): Promise<string[]> {
  const page = await readFile(PAGE, 'utf8')
  const wrong = all.filter(({ entry, part }) => {
    const [, total] = new RegExp(`^\\| \`${entry}\` \\|.* ([\\d.]+) \\|$`, 'm').exec(page) ?? []
    const bytes = gzipped(part)
    return !(Math.abs(Number(total) * 1000 - bytes) <= Math.max(bytes * TOLERANCE, 50))
  })
  return wrong.map(({ entry }) => entry)
}

function tableOf(all: readonly Measured[]): string {
  const sizes = all.map(({ part }) => folderSizes(part))
  const folders = [...new Set(sizes.flatMap((each) => [...each.keys()]))].sort()
  const lines = [
    ['', '', ...folders, 'all'],
    ['---', '---', ...folders.map(() => '---:'), '---:'],
    ...all.map(({ entry, names, part }, nth) => [
      `\`${entry}\``,
      names.map((name) => `\`${name}\``).join(', '),
      ...folders.map((folder) => kilobytes(sizes[nth]?.get(folder))),
      kilobytes(gzipped(part)),
    ]),
  ]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Gzip makes one text of all modules: each folder has the part of the result that it has of the minified bytes. */
function folderSizes(part: Part): ReadonlyMap<string, number> {
  const total = [...part.modules.values()].reduce((sum, bytes) => sum + bytes, 0)
  const sizes = new Map<string, number>()
  for (const [path, bytes] of part.modules) {
    const folder = folderOf(path)
    if (bytes > 0) sizes.set(folder, (sizes.get(folder) ?? 0) + (gzipped(part) * bytes) / total)
  }
  return sizes
}

function folderOf(path: string): string {
  const [top, folder = '', below] = path.split('/')
  if (top !== 'lib') return 'packages'
  return below === undefined ? folder : `${folder}/`
}

function kilobytes(bytes = 0): string {
  return bytes === 0 ? '' : (bytes / 1000).toFixed(bytes < 1000 ? 2 : 1)
}

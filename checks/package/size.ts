// npm run check -- size [--write | --why [entry]]: the size of each entry point and its budget; `--write` writes the table of docs/size.md, `--why`
// lists the modules.
import { bundle, gzipped, minified, type Part } from './bundle.ts'
import { BUDGETS } from './budgets.ts'
import { type Measured, outdated, writeTable } from './size-table.ts'

const [option, chosen] = process.argv.slice(2)
const all: Measured[] = []
const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1).padStart(8)

function listModules({ modules }: Part): void {
  const total = [...modules.values()].reduce((sum, bytes) => sum + bytes, 0)
  for (const [path, bytes] of [...modules].sort(([, one], [, other]) => other - one))
    console.log('%s %s %%  %s', String(bytes).padStart(8), ((bytes / total) * 100).toFixed(1).padStart(5), path)
}

console.log('kilobytes: gzip, its budget, minified, loaded later (gzip)')
for (const { entry, file, names, platform, bytes: budget } of BUDGETS) {
  if (chosen !== undefined && chosen !== entry) continue
  const { first, later } = await bundle(`export { ${names.join(', ')} } from './lib/${file}'`, platform)
  all.push({ entry, names, part: first })
  const bytes = gzipped(first)
  const over = bytes > budget
  const figures = [bytes, budget, minified(first), gzipped(later)].map(kilobytes).join('')
  console.log('%s  %s { %s }%s', figures, entry, names.join(', '), over ? '  over budget' : '')
  if (over) process.exitCode = 1
  if (option === '--why') listModules(first)
}

if (option === '--write') await writeTable(all)
for (const entry of await outdated(all)) {
  console.log(`docs/size.md: the size of ${entry} is another; npm run check -- size --write`)
  process.exitCode = 1
}

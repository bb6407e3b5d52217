// The fault numbers that specs and vectors cite, and the table of faults in this folder's README.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { consent, files as vectorFiles } from '../vectors/files.ts'

const SPEC = join(import.meta.dirname, '..')

/** Files below `spec/` by the fault numbers they cite: in comments such as `// Fault 7, 8`, or in the `fault` field of a vector. */
export function citations(): Map<number, Set<string>> {
  const cited = new Map<number, Set<string>>()
  const add = (number: number, file: string): void => {
    cited.set(number, (cited.get(number) ?? new Set()).add(file))
  }
  for (const name of readdirSync(SPEC, { recursive: true, encoding: 'utf8' })) {
    const file = name.replaceAll('\\', '/')
    if (!file.endsWith('.ts') || file === 'faults/citations.ts') continue
    const text = readFileSync(join(SPEC, name), 'utf8')
    for (const [, list = ''] of text.matchAll(/\/\/ Faults? (\d+(?:(?:, | and |, and )\d+)*)/g))
      for (const number of list.match(/\d+/g) ?? []) add(Number(number), file)
  }
  for (const [name, { vectors }] of [...vectorFiles, ['consent.json', consent] as const])
    for (const { fault } of vectors) if (fault !== undefined) add(fault, `vectors/${name}`)
  return cited
}

/** The files of each row of the README's tables, by fault number. */
export function table(): Map<number, readonly string[]> {
  const page = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
  const rows = [...page.matchAll(/^\| (\d+) \|.*\|([^|]*)\|$/gm)]
  return new Map(
    rows.map(([, number, specs = '']) => [
      Number(number),
      [...specs.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
    ]),
  )
}

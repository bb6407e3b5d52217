// The numbers that specs and vectors cite, and the tables of this folder's README: faults, and cases of shared sessions.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { consent, files as vectorFiles } from '../vectors/files.ts'

const SPEC = join(import.meta.dirname, '..')

/** Files below `spec/` by the fault numbers they cite: in comments such as `// Fault 7, 8`, or in the `fault` field of a vector. */
export function citations(): Map<number, Set<string>> {
  const cited = citedIn(/\/\/ Faults? (\d+(?:(?:, | and |, and )\d+)*)/g)
  for (const [name, { vectors }] of [...vectorFiles, ['consent.json', consent] as const])
    for (const { fault } of vectors) if (fault !== undefined) add(cited, fault, `vectors/${name}`)
  return cited
}

/** Files below `spec/` by the cases of shared sessions they cite: in comments such as `// S7, S8` or `// Fault 7, S8`. */
export function sharedCitations(): Map<number, Set<string>> {
  return citedIn(/\/\/ (?:Faults? \d+, )*(S\d+(?:, S\d+)*)$/gm)
}

function citedIn(comment: RegExp): Map<number, Set<string>> {
  const cited = new Map<number, Set<string>>()
  for (const name of readdirSync(SPEC, { recursive: true, encoding: 'utf8' })) {
    const file = name.replaceAll('\\', '/')
    if (!file.endsWith('.ts') || file === 'faults/citations.ts') continue
    for (const [, list = ''] of readFileSync(join(SPEC, name), 'utf8').matchAll(comment))
      for (const number of list.match(/\d+/g) ?? []) add(cited, Number(number), file)
  }
  return cited
}

function add(cited: Map<number, Set<string>>, number: number, file: string): void {
  cited.set(number, (cited.get(number) ?? new Set()).add(file))
}

/** The files of each row of the README's tables, by number; `S` before it for the cases of shared sessions. */
export function table(before: '' | 'S' = ''): Map<number, readonly string[]> {
  const page = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
  const rows = [...page.matchAll(new RegExp(`^\\| ${before}(\\d+) \\|.*\\|([^|]*)\\|$`, 'gm'))]
  return new Map(
    rows.map(([, number, specs = '']) => [
      Number(number),
      [...specs.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
    ]),
  )
}

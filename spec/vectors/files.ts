// The files of vectors, and the schema that they are held against.
import { readdirSync, readFileSync } from 'node:fs'
import type { Vector, VectorFile } from './runner/format.ts'

const folder = new URL('.', import.meta.url)

function text(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8')
}

function read(name: string): unknown {
  return JSON.parse(text(name))
}

/** The page that explains them. */
export const page = text('README.md')

export const schema = read('schema.json') as object

export const files: readonly (readonly [name: string, file: VectorFile])[] = readdirSync(folder)
  .filter((name) => name.endsWith('.json') && !/^(assertions|consent|device|discovery)|schema\.json$/.test(name))
  .map((name) => [name, read(name) as VectorFile])

/** The vectors of authorization responses, of a format of their own. */
export const consent = read('consent.json') as { readonly vectors: readonly { readonly fault?: number }[] }

/** A copy of a vector, to be changed. */
export function vectorOf(name: string): Vector {
  const found = files.flatMap(([, { vectors }]) => vectors).find((vector) => vector.name === name)
  if (!found) throw new Error(`there is no vector ${name}`)
  return structuredClone(found)
}

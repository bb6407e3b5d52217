// The files of vectors, and the schema that they are held against.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Vector, VectorFile } from './runner/format.ts'

const folder = new URL('.', import.meta.url)

function text(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8')
}

/** A file of this folder that is JSON. */
export function read(name: string): unknown {
  return JSON.parse(text(name))
}

/** The page that explains them. */
export const page = text('README.md')

export const schema = read('schema.json') as object

const names = readdirSync(folder).filter((name) => name.endsWith('.json') && !name.endsWith('schema.json'))

/** Those of the common format: the others have a schema of their own. */
export const files: readonly (readonly [name: string, file: VectorFile])[] = names
  .filter((name) => !existsSync(new URL(name.replace('.json', '.schema.json'), folder)))
  .map((name) => [name, read(name) as VectorFile])

/** The vectors of authorization responses, of a format of their own. */
export const consent = read('consent.json') as { readonly vectors: readonly { readonly fault?: number }[] }

/** A copy of a vector, to be changed. */
export function vectorOf(name: string): Vector {
  const found = files.flatMap(([, { vectors }]) => vectors).find((vector) => vector.name === name)
  if (!found) throw new Error(`there is no vector ${name}`)
  return structuredClone(found)
}

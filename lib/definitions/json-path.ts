// Paths into a JSON body, and matches against it. Own properties only: a path never reaches into a prototype.
import type { Match, Path, Paths } from './definition.ts'

/** The value at a path, or undefined. */
function valueAt(body: unknown, path: Path): unknown {
  let value = body
  for (const key of path === '' ? [] : path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value
}

/** The first value at the paths that is neither null nor undefined. */
export function firstValue(body: unknown, paths: Paths): unknown {
  return valuesAt(body, paths).find((value) => value !== null && value !== undefined)
}

/** The first value at the paths that is text or a number, as text. */
export function firstText(body: unknown, paths: Paths): string | undefined {
  const found = valuesAt(body, paths).find(isTextual)
  return found === undefined ? undefined : String(found)
}

/** The text at each path, by name. Names without text are left out. */
export function textsAt(body: unknown, paths: Readonly<Record<string, Paths>>): Readonly<Record<string, string>> {
  const found = Object.entries(paths).map(([name, path]) => [name, firstText(body, path)] as const)
  return Object.fromEntries(found.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** Whether any of the matches applies. */
export function matches(list: readonly Match[], status: number, body: unknown): boolean {
  return list.some((match) => {
    if (match.status !== undefined && ![match.status].flat().includes(status)) return false
    if (match.at === undefined) return true
    const value = firstValue(body, match.at)
    if (match.is === undefined) return value !== undefined
    return ['string', 'number', 'boolean'].includes(typeof value) && [match.is].flat().includes(String(value))
  })
}

function valuesAt(body: unknown, paths: Paths): unknown[] {
  return [paths].flat().map((path) => valueAt(body, path))
}

function isTextual(value: unknown): value is string | number {
  return (typeof value === 'string' && value !== '') || Number.isFinite(value)
}

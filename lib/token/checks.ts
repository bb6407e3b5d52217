// Options against what each may be: a wrong one is told by its name.
import { invalidOption } from '../errors.ts'

export type Check = readonly [expected: string, holds: (value: unknown) => boolean]

/** What every option may be, by its name. */
export type Checks = Readonly<Record<string, Check>>

export const count: Check = [
  'a whole number from 1',
  (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1,
]

export const record: Check = [
  'an object',
  (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value),
]

/** Throws a `TypeError` for an option that is wrong; one that `checks` does not name is a misspelling. */
export function checkAll(options: unknown, checks: Checks): void {
  checkOne('options', options, record)
  for (const [name, value] of Object.entries(options as object) as [string, unknown][]) {
    const check = checks[name]
    if (!check) throw invalidOption(name, `one of ${Object.keys(checks).join(', ')}`, value)
    if (value !== undefined) checkOne(name, value, check)
  }
}

export function checkOne(name: string, value: unknown, [expected, holds]: Check): void {
  if (!holds(value)) throw invalidOption(name, expected, value)
}

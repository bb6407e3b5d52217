// Checks of options. Errors name the option.
import { invalidOption, invalidWord, unknownName } from '../errors.ts'
import { isObject } from './objects.ts'

/**
 * The words of a message for a valid value, and the test of one. `insecure`: whether http beyond loopback is valid. `words`: the valid
 * values, where they are a few words.
 */
export type Check = readonly [
  expected: string,
  holds: (value: unknown, insecure?: boolean) => boolean,
  words?: readonly string[],
]

/** The checks of options, by option name. */
export type Checks = Readonly<Record<string, Check>>

export const count: Check = [
  'a whole number from 1',
  (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1,
]

export const duration: Check = [
  'milliseconds, 0 or more',
  (value: unknown): boolean => Number.isFinite(value) && Number(value) >= 0,
]

/** One of a few words. */
export function word(...words: readonly unknown[]): Check {
  return ['', (value) => words.includes(value), words as string[]]
}

export const object: Check = ['an object', isObject]

export const callable: Check = ['a function', (value: unknown): boolean => typeof value === 'function']

export const flag: Check = ['true or false', (value: unknown): boolean => typeof value === 'boolean']

export const paths: Check = [
  'a list of paths that begin with a slash',
  (value: unknown): boolean =>
    Array.isArray(value) && value.every((path) => typeof path === 'string' && path.startsWith('/')),
]

/** `parseResources` checks the entries. */
export const urls: Check = ['a list of URLs', (value: unknown): boolean => Array.isArray(value) && value.length > 0]

/** Throws a `TypeError` for an invalid option and for a name that `checks` does not have. `at` is put before each name. */
export function checkAll(options: unknown, checks: Checks, at = ''): void {
  checkOne('options', options, object)
  for (const [name, value] of Object.entries(options as object) as [string, unknown][]) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (!check) throw unknownName(at, 'option', Object.keys(checks), [name, value])
    if (value !== undefined) checkOne(at + name, value, check)
  }
}

/** Throws a `TypeError` that names the option. */
export function checkOne(name: string, value: unknown, [expected, holds, words]: Check, insecure?: boolean): void {
  if (!holds(value, insecure)) throw words ? invalidWord(name, words, value) : invalidOption(name, expected, value)
}

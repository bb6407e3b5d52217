// Rules for the check of plain data: each is a few words, and together they name the place of a mistake.

import { invalidOption } from '../errors.ts'

/** Throws a `TypeError` that names `path` for a value that is not what it should be. */
export type Rule = (value: unknown, path: string, insecure: boolean) => void
export type Rules = Readonly<Record<string, Rule>>

export const rule =
  (expected: string, holds: (value: unknown, insecure: boolean) => unknown): Rule =>
  (value, path, insecure) => {
    if (!holds(value, insecure)) throw invalidOption(path, expected, value)
  }

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const anObject = rule('an object', isObject)
export const text = rule('text', (value) => typeof value === 'string')
export const flag = rule('true or false', (value) => typeof value === 'boolean')
export const callable = rule('a function', (value) => typeof value === 'function')
export const number = rule('a number, 0 or more', (value) => Number.isFinite(value) && Number(value) >= 0)
export const oneOf = (...names: readonly string[]): Rule =>
  rule(`one of ${names.join(', ')}`, (value) => names.some((name) => name === value))

export const list =
  (item: Rule): Rule =>
  (value, path, insecure) => {
    if (!Array.isArray(value)) throw invalidOption(path, 'a list', value)
    value.forEach((each, index) => {
      item(each, `${path}.${String(index)}`, insecure)
    })
  }

export const record =
  (item: Rule, key?: RegExp): Rule =>
  (value, path, insecure) => {
    anObject(value, path, insecure)
    for (const [name, each] of Object.entries(value as object)) {
      if (key?.test(name) === false) throw invalidOption(`${path}.${name}`, 'another name', each)
      item(each, `${path}.${name}`, insecure)
    }
  }

export const shape =
  (rules: Rules, ...needed: readonly string[]): Rule =>
  (value, path, insecure) => {
    anObject(value, path, insecure)
    const given = value as Readonly<Record<string, unknown>>
    for (const name of new Set([...needed, ...Object.keys(given)])) {
      const check = Object.hasOwn(rules, name) ? rules[name] : undefined
      if (!check)
        throw invalidOption(
          `${path}.${name}`,
          `no field of this name (there are ${Object.keys(rules).join(', ')})`,
          given[name],
        )
      if (needed.includes(name) || given[name] !== undefined) check(given[name], `${path}.${name}`, insecure)
    }
  }

/** One of several shapes, told apart by the field each has and the others have not. */
export const variant =
  (shapes: Rules): Rule =>
  (value, path, insecure) => {
    const name = Object.keys(shapes).find((key) => isObject(value) && value[key] !== undefined)
    const chosen = name === undefined ? undefined : shapes[name]
    if (!chosen) throw invalidOption(path, `an object with one of ${Object.keys(shapes).join(', ')}`, value)
    chosen(value, path, insecure)
  }

export const either =
  (first: Rule, others: Rule): Rule =>
  (value, path, insecure) => {
    ;(Array.isArray(value) ? others : first)(value, path, insecure)
  }

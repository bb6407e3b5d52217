// Checks plain data against a schema. Errors name the place and what was expected there.
import { invalidOption } from '../errors.ts'
import { type Fields, isObject } from '../util/objects.ts'
import { isSecure, parseUrl } from '../util/url.ts'
import { parseTemplate } from './template.ts'

/**
 * What a value may be: the name of a rule, or names apart by `|` of which it is one; `[items]` of a list; an object of fields, where
 * `name!` must be there, `*` stands for every other name, and one of the fields in the text of `!` must be there.
 */
export type Schema = string | readonly [Schema] | { readonly [field: string]: Schema }

const TEMPLATE = 'text whose placeholders read {name}, {name?} or {name=value}'

/** Names of rules. Each is what a message says was expected. */
export const TEXT = 'text'
export const NAME = 'text that is not empty'
export const FLAG = 'true or false'
export const CALLABLE = 'a function'
export const SECONDS = 'a number, 0 or more'
export const PATHS = 'text or a list of texts'
export const STATUS = 'a status or a list of them'
export const PAIR = `a list of two: ${TEMPLATE}`
export const PARAM = `${TEMPLATE}, a number, true, false, a list of texts, a tree or null`
export const URL_TEMPLATE = 'an https URL (http on loopback only)'
export const LINK = `${URL_TEMPLATE}, or a path below the API`
export { TEMPLATE }

const isTemplate = (value: unknown): value is string => typeof value === 'string' && parseTemplate(value) !== undefined
const isText = (value: unknown): value is string => typeof value === 'string'
const listOf = (holds: (value: unknown) => boolean, value: unknown): boolean =>
  Array.isArray(value) && value.every(holds)

const RULES: Readonly<Record<string, (value: unknown, insecure: boolean) => boolean>> = {
  [TEXT]: isText,
  [NAME]: (value) => isText(value) && value !== '',
  [FLAG]: (value) => typeof value === 'boolean',
  [CALLABLE]: (value) => typeof value === 'function',
  [SECONDS]: (value) => Number.isFinite(value) && Number(value) >= 0,
  [PATHS]: (value) => isText(value) || listOf(isText, value),
  [STATUS]: (value) => Number.isInteger(value) || listOf(Number.isInteger, value),
  [TEMPLATE]: isTemplate,
  [PAIR]: (value) => listOf(isTemplate, value) && (value as unknown[]).length === 2,
  [PARAM]: isParam,
  [URL_TEMPLATE]: isUrl,
  [LINK]: (value, insecure) => (isTemplate(value) && value.startsWith('/')) || isUrl(value, insecure),
}

/** Throws a `TypeError` that names `path`, or the place below it, for a value that is not what the schema says. */
export function checkSchema(value: unknown, schema: Schema, path: string, insecure = false): void {
  if (typeof schema === 'string') {
    const holds = RULES[schema]?.(value, insecure) ?? schema.split('|').some((name) => name === value)
    if (!holds) throw invalidOption(path, schema in RULES ? schema : `one of ${schema}`, value)
  } else if (isList(schema)) {
    if (!Array.isArray(value)) throw invalidOption(path, 'a list', value)
    value.forEach((each, index) => {
      checkSchema(each, schema[0], `${path}.${String(index)}`, insecure)
    })
  } else {
    if (!isObject(value)) throw invalidOption(path, 'an object', value)
    checkFields(value, schema, path, insecure)
  }
}

function checkFields(value: Fields, schema: Readonly<Record<string, Schema>>, path: string, insecure: boolean): void {
  const { '*': others, '!': alternatives, ...fields } = schema
  for (const [name, each] of Object.entries(value)) {
    const known = [name, `${name}!`].find((field) => Object.hasOwn(fields, field))
    const expected = known === undefined ? others : fields[known]
    if (expected === undefined) {
      const names = Object.keys(fields).join(', ').replaceAll('!', '')
      throw invalidOption(`${path}.${name}`, `no field of this name (there are ${names})`, each)
    }
    if (each !== undefined) checkSchema(each, expected, `${path}.${name}`, insecure)
  }
  for (const [name, expected] of Object.entries(fields)) {
    // Nothing is what was expected.
    if (name.endsWith('!') && value[name.slice(0, -1)] === undefined)
      checkSchema(undefined, expected, `${path}.${name.slice(0, -1)}`)
  }
  if (isText(alternatives) && !alternatives.split('|').some((name) => value[name] !== undefined)) {
    throw invalidOption(path, `an object with one of ${alternatives}`, value)
  }
}

function isList(schema: Schema): schema is readonly [Schema] {
  return Array.isArray(schema)
}

function isParam(value: unknown): boolean {
  return (
    value === null ||
    isTemplate(value) ||
    typeof value === 'boolean' ||
    Number.isFinite(value) ||
    listOf(isTemplate, value) ||
    (isObject(value) && Object.values(value).every(isParam))
  )
}

function isUrl(value: unknown, insecure: boolean): boolean {
  const parts = isText(value) ? parseTemplate(value) : undefined
  if (!parts) return false
  // A digit stands for a placeholder: it can be a host, a port and a part of a path. A URL that begins with a placeholder is checked when filled.
  const sample = parts.map((part) => (isText(part) ? part : (part.fallback ?? '1'))).join('')
  const url = parseUrl(sample)
  return typeof parts[0] === 'object' || (url !== undefined && isSecure(url, insecure))
}

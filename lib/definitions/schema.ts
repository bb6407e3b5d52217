// Checks plain data against a schema. Errors name the place and what was expected there.
import { invalidOption, unknownName } from '../errors.ts'
import { type Check, checkOne, word } from '../util/check-options.ts'
import { type Fields, isObject } from '../util/objects.ts'
import { isCloudMetadata, isSecure, pageBase, parseUrl } from '../util/url.ts'
import { parseTemplate } from './template.ts'

/**
 * The valid values: a check; words separated by `|`, one of which the value must be; `[items]` for a list; an object of fields, where
 * `name!` is required, `*` stands for every other name, and one of the fields in the text of `!` is required.
 */
export type Schema = string | Check | readonly [Schema] | { readonly [field: string]: Schema }

const isText = (value: unknown): value is string => typeof value === 'string'
const isTemplate = (value: unknown): value is string => isText(value) && parseTemplate(value) !== undefined
const isListOf = (value: unknown, holds: (item: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && value.every((item) => holds(item))

export const text: Check = ['text', isText]
export const name: Check = ['text that is not empty', (value: unknown): boolean => isText(value) && value !== '']
export const seconds: Check = [
  'a number, 0 or more',
  (value: unknown): boolean => Number.isFinite(value) && Number(value) >= 0,
]
export const paths: Check = [
  'text or a list of texts',
  (value: unknown): boolean => isText(value) || isListOf(value, isText),
]
export const status: Check = [
  'a status or a list of them',
  (value: unknown): boolean => Number.isInteger(value) || isListOf(value, Number.isInteger),
]
export const template: Check = ['text whose placeholders read {name}, {name?} or {name=value}', isTemplate]
export const pair: Check = [
  `a list of two: ${template[0]}`,
  (value: unknown): boolean => isListOf(value, isTemplate) && value.length === 2,
]
export const param: Check = [`${template[0]}, a number, true, false, a list of texts, an object or null`, isParam]
export const urlTemplate: Check = [
  'an https URL without user and password (http on loopback only, or with dangerouslyAllowInsecureHttp; relative only in a page)',
  isUrl,
]
export const link: Check = [
  `${urlTemplate[0]}, or a path below the API`,
  (value: unknown, insecure?: boolean): boolean =>
    (isTemplate(value) && value.startsWith('/')) || isUrl(value, insecure) || isMetadataUrl(value),
]

/** Throws a `TypeError` that names `path`, or the place below it, for a value that the schema does not allow. */
export function checkSchema(value: unknown, schema: Schema, path: string, insecure = false): void {
  if (typeof schema === 'string') {
    checkOne(path, value, word(...schema.split('|')))
  } else if (isCheck(schema)) {
    checkOne(path, value, schema, insecure)
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
  for (const [field, each] of Object.entries(value)) {
    const known = [field, `${field}!`].find((key) => Object.hasOwn(fields, key))
    const expected = known === undefined ? others : fields[known]
    if (expected === undefined) {
      const names = Object.keys(fields).map((name) => name.replace('!', ''))
      const missing = names.filter((name) => Object.hasOwn(fields, `${name}!`) && value[name] === undefined)
      throw unknownName(`${path}.`, 'field', names, [field, each], missing)
    }
    if (each !== undefined) checkSchema(each, expected, `${path}.${field}`, insecure)
  }
  for (const [key, expected] of Object.entries(fields)) {
    // The error for a missing field is the one for undefined.
    if (key.endsWith('!') && value[key.slice(0, -1)] === undefined)
      checkSchema(undefined, expected, `${path}.${key.slice(0, -1)}`)
  }
  if (isText(alternatives) && !alternatives.split('|').some((field) => value[field] !== undefined)) {
    throw invalidOption(path, `an object with one of ${alternatives}`, value)
  }
}

function isCheck(schema: Schema): schema is Check {
  return Array.isArray(schema) && typeof schema[1] === 'function'
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
    isListOf(value, isTemplate) ||
    (isObject(value) && Object.values(value).every(isParam))
  )
}

function isUrl(value: unknown, insecure?: boolean): boolean {
  const parts = isText(value) ? parseTemplate(value) : undefined
  if (!parts) return false
  // A letter is valid as any part of a host, where a digit at its end makes an IPv4 address, and a digit as a port. A URL that begins with
  // a placeholder is checked once it is filled.
  const sample = parts.reduce<string>(
    (before, part) => before + (isText(part) ? part : (part.fallback ?? (before.endsWith(':') ? '1' : 'a'))),
    '',
  )
  const url = parseUrl(sample, pageBase())
  return (
    typeof parts[0] === 'object' || (url !== undefined && isSecure(url, insecure) && !url.username && !url.password)
  )
}

/** No placeholder can make a host such a one: what fills it may come from elsewhere. */
function isMetadataUrl(value: unknown): boolean {
  if (!isTemplate(value) || !isText(value)) return false
  const origin = /^http:\/\/[^/?#{]+(?=[/?#]|$)/.exec(value)?.[0]
  return origin !== undefined && isCloudMetadata(parseUrl(origin)?.hostname)
}

// The grammar of templates: `{name}`, `{name?}`, `{name=fallback}`. Parsing them, and filling text and URLs.
import { isSecure, parseUrl, withoutSlashes } from '../util/url.ts'
import type { Template } from './definition.ts'

/** A placeholder: `{name}`, `{name?}` or `{name=fallback}`. */
export interface Placeholder {
  readonly name: string
  readonly optional: boolean
  readonly fallback?: string
}

/** The parts of a template, text and placeholders in turn, or undefined for one whose braces or names are wrong. */
export function parseTemplate(template: string): readonly (string | Placeholder)[] | undefined {
  const parts: (string | Placeholder)[] = []
  for (const [index, piece] of template.split('{').entries()) {
    const end = piece.indexOf('}')
    if (index === 0) {
      if (end >= 0) return undefined
    } else {
      const placeholder = /^([A-Za-z]\w*)(\?|=.*)?$/s.exec(piece.slice(0, Math.max(end, 0)))
      if (!placeholder?.[1] || piece.includes('}', end + 1)) return undefined
      const mark = placeholder[2]
      parts.push({
        name: placeholder[1],
        optional: mark === '?',
        ...(mark && mark !== '?' && { fallback: mark.slice(1) }),
      })
    }
    parts.push(piece.slice(end + 1))
  }
  return parts.filter((part) => part !== '')
}

/** Values by placeholder name. Only optional placeholders have none. */
export type ResolvedValues = ReadonlyMap<string, string>

/** Makes the error for a value that is invalid at its placeholder. */
type InvalidValue = (placeholder: string, expected: string) => Error

/** Whether the placeholder needs a value. */
export function isRequired({ optional, fallback }: Placeholder): boolean {
  return !optional && fallback === undefined
}

/** The placeholders of every text in a value; object keys are not searched. */
export function placeholdersIn(value: unknown): readonly Placeholder[] {
  if (typeof value === 'string') return (parseTemplate(value) ?? []).filter((part) => typeof part !== 'string')
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(placeholdersIn) : []
}

/** The text with its placeholders filled; undefined when an optional one has no value. */
export function fillText(template: Template, values: ResolvedValues): string | undefined {
  let text = ''
  for (const part of parseTemplate(template) ?? []) {
    const value = typeof part === 'string' ? part : (values.get(part.name) ?? part.fallback)
    if (value === undefined) return undefined
    text += value
  }
  return text
}

// Marks an empty placeholder until its part of the URL is removed.
const EMPTY = '\0'

/** The absolute URL. Values are percent-encoded in paths and queries and checked in hosts; parts with an empty placeholder are removed. */
export function fillUrl(template: Template, values: ResolvedValues, invalid: InvalidValue): string {
  let url = ''
  let last = ''
  for (const part of parseTemplate(template) ?? []) {
    if (typeof part === 'string') {
      url += part
    } else {
      last = part.name
      const value = values.get(last)
      url += value === undefined ? (part.fallback ?? EMPTY) : encodeValue(url, last, value, invalid)
    }
  }
  const [path, query] = withoutEmpty(url)
  url = query ? `${path}?${query}` : path
  if (!parseUrl(url)) throw invalid(last, 'text that makes a valid URL')
  return url
}

function encodeValue(before: string, placeholder: string, value: string, invalid: InvalidValue): string {
  if (before === '') {
    const url = parseUrl(value)
    if (!url || !isSecure(url) || url.username || url.password)
      throw invalid(placeholder, 'an https URL (http on loopback only)')
    return withoutSlashes(value)
  }
  if (/^[a-z]+:\/\/[^/?#]*$/i.test(before)) {
    if (!/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i.test(value))
      throw invalid(placeholder, 'a host name without https:// and path')
    return value
  }
  if (value === '.' || value === '..') throw invalid(placeholder, 'a segment of a path')
  return encodeURIComponent(value)
}

function withoutEmpty(url: string): [path: string, query: string] {
  const [path = '', query = ''] = url.split('?', 2)
  return [
    path
      .split('/')
      .filter((segment) => !segment.includes(EMPTY))
      .join('/'),
    query
      .split('&')
      .filter((parameter) => !parameter.includes(EMPTY))
      .join('&'),
  ]
}

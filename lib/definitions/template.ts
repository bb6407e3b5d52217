// The grammar of templates: `{name}`, `{name?}`, `{name=fallback}`. Parsing them, and filling text and URLs.
import { isSecure, parseUrl, withoutSlashes } from '../util/url.ts'
import type { Template } from './definition.ts'

/** A hole: `{name}`, `{name?}` or `{name=fallback}`. */
export interface Hole {
  readonly name: string
  readonly optional: boolean
  readonly fallback?: string
}

/** The parts of a template, text and holes in turn, or undefined for one whose braces or names are wrong. */
export function parseTemplate(template: string): readonly (string | Hole)[] | undefined {
  const parts: (string | Hole)[] = []
  for (const [index, piece] of template.split('{').entries()) {
    const end = piece.indexOf('}')
    if (index === 0) {
      if (end >= 0) return undefined
    } else {
      const hole = /^([A-Za-z]\w*)(\?|=.*)?$/s.exec(piece.slice(0, Math.max(end, 0)))
      if (!hole?.[1] || piece.includes('}', end + 1)) return undefined
      const mark = hole[2]
      parts.push({ name: hole[1], optional: mark === '?', ...(mark && mark !== '?' && { fallback: mark.slice(1) }) })
    }
    parts.push(piece.slice(end + 1))
  }
  return parts.filter((part) => part !== '')
}

/** Values by hole name; a missing one was optional. */
export type Texts = ReadonlyMap<string, string>

/** Makes the error for a value that cannot stand where its hole is. */
type Refuse = (hole: string, expected: string) => Error

/** The holes of every text in a value. */
export function holesOf(value: unknown): readonly Hole[] {
  if (typeof value === 'string') return (parseTemplate(value) ?? []).filter((part) => typeof part !== 'string')
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(holesOf) : []
}

/** Undefined when an optional hole stays empty. */
export function fillText(template: Template, texts: Texts): string | undefined {
  let text = ''
  for (const part of parseTemplate(template) ?? []) {
    const value = typeof part === 'string' ? part : (texts.get(part.name) ?? part.fallback)
    if (value === undefined) return undefined
    text += value
  }
  return text
}

// Marks a hole that stays empty until the part of the URL it stands in is taken out.
const EMPTY = '\0'

/** The absolute URL: values are percent-encoded in paths and queries, checked in hosts, and parts left empty are taken out. */
export function fillUrl(template: Template, texts: Texts, refuse: Refuse): string {
  let url = ''
  let last = ''
  for (const part of parseTemplate(template) ?? []) {
    if (typeof part === 'string') {
      url += part
    } else {
      last = part.name
      const value = texts.get(last)
      url += value === undefined ? (part.fallback ?? EMPTY) : fitted(url, last, value, refuse)
    }
  }
  const [path, query] = withoutEmpty(url)
  url = query ? `${path}?${query}` : path
  if (!parseUrl(url)) throw refuse(last, 'what makes a URL')
  return url
}

function fitted(before: string, hole: string, value: string, refuse: Refuse): string {
  if (before === '') {
    const url = parseUrl(value)
    if (!url || !isSecure(url) || url.username || url.password)
      throw refuse(hole, 'an https URL (http on loopback only)')
    return withoutSlashes(value)
  }
  if (/^[a-z]+:\/\/[^/?#]*$/i.test(before)) {
    if (!/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i.test(value)) throw refuse(hole, 'a host name')
    return value
  }
  if (value === '.' || value === '..') throw refuse(hole, 'a name in a path')
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

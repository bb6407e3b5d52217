// Rules for what has holes: text, URLs, headers, parameters.

import { isObject, list, record, rule, type Rule } from './rules.ts'
import { isSecure } from './secure-url.ts'
import { parseTemplate } from './template.ts'

export const template = rule('text whose holes read {name}, {name?} or {name=value}', (value) => {
  return typeof value === 'string' && parseTemplate(value)
})
export const pair = rule('a list of two texts whose holes read {name}, {name?} or {name=value}', (value) => {
  return (
    Array.isArray(value) && value.length === 2 && value.every((each) => typeof each === 'string' && parseTemplate(each))
  )
})

export const A_URL = 'an https URL (http on loopback only)'
export const absolute = rule(A_URL, (value, insecure) => {
  const parts = typeof value === 'string' ? parseTemplate(value) : undefined
  if (!parts) return false
  // A digit stands for a hole: it can be a host, a port and a part of a path. A URL that begins with a hole is checked when filled.
  const sample = parts.map((part) => (typeof part === 'string' ? part : (part.fallback ?? '1'))).join('')
  return typeof parts[0] === 'object' || (URL.canParse(sample) && isSecure(new URL(sample), insecure))
})
export const url: Rule = (value, path, insecure) => {
  ;(typeof value === 'string' && value.startsWith('/') ? template : absolute)(value, path, insecure)
}

export const headers = record(template, /^[\w!#$%&'*+.^`|~-]+$/)
export const param: Rule = (value, path, insecure) => {
  if (isObject(value)) record(param)(value, path, insecure)
  else if (Array.isArray(value)) list(template)(value, path, insecure)
  else if (typeof value === 'string') template(value, path, insecure)
  else
    rule('text, a number, true, false or a tree of these', (it) => typeof it === 'boolean' || Number.isFinite(it))(
      value,
      path,
      insecure,
    )
}

// Headers as `fetch` takes them: an object, a list, a Headers. What cannot be read is left for the platform to refuse.
import type { Field, Placed } from '../request/placed.ts'

type Given = HeadersInit | undefined

/** The value under which the caller speaks for the request; undefined when the caller does not. */
export function ownValue(name: string, headers: Given): unknown {
  // Whatever else it is, is the platform's to refuse.
  if (!isObject(headers)) return undefined
  if (headers instanceof Headers) return headers.get(name) ?? undefined
  const wanted = name.toLowerCase()
  for (const [key, value] of entriesOf(headers) as [unknown, unknown][]) {
    if (typeof key === 'string' && key.toLowerCase() === wanted && value !== undefined) return value
  }
  return undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** The headers without the one of this name. */
export function without(name: string, headers: Given): Field[] {
  return entriesOf(headers).filter(([key]) => key.toLowerCase() !== name.toLowerCase())
}

/** Headers with the token on them, and with what the provider adds unless the caller gave it. */
export function dressed({ header, extras }: Placed, headers: Given): Headers {
  const all = new Headers(
    headers && header && !(headers instanceof Headers) ? (without(header[0], headers) as [string, string][]) : headers,
  )
  for (const [name, value] of extras) if (!all.has(name)) all.set(name, value)
  if (header) all.set(...header)
  return all
}

function entriesOf(headers: Given): Field[] {
  if (!headers) return []
  return Symbol.iterator in headers ? [...headers] : Object.entries(headers)
}

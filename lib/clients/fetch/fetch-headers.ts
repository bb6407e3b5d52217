// Headers in every form that `fetch` takes: object, list, Headers. Each keeps its kind; anything else is left for the platform to
// refuse.
import type { Field, TokenPlacement } from '../../request/token-placement.ts'
import { isHeaderName } from '../header-names.ts'

type Given = HeadersInit | null | undefined

/** The value under which the caller speaks for the request; undefined when the caller does not. */
export function callerHeader(name: string, headers: Given): unknown {
  if (!isObject(headers)) return undefined
  if (isHeaders(headers)) return headers.get(name) ?? undefined
  return (entriesOf(headers) as [unknown, unknown][]).find(
    ([key, value]) => value !== undefined && isHeaderName(key, name),
  )?.[1]
}

/** A copy of the headers, without the one of this name. */
export function withoutHeader(name: string | undefined, headers: Given): Given {
  if (!isObject(headers)) return headers
  if (isHeaders(headers)) {
    const copy = new (headers.constructor as typeof Headers)(headers)
    if (name !== undefined) copy.delete(name)
    return copy
  }
  const kept = entriesOf(headers).filter(([key]) => name === undefined || !isHeaderName(key, name))
  return (Symbol.iterator in headers ? kept : Object.fromEntries(kept)) as HeadersInit
}

/** Headers with the token on them, and with what the provider adds unless the caller gave it. */
export function withToken({ header, fields }: TokenPlacement, headers: Given): Given {
  if (!headers) return add(fields, {})
  const copy = withoutHeader(header?.[0], headers)
  if (!isObject(copy)) return copy
  const missing = fields.filter(([name]) => callerHeader(name, copy) === undefined)
  if (isHeaders(copy)) for (const field of missing) copy.set(...field)
  else if (Array.isArray(copy)) copy.push(...(missing as [string, string][]))
  else add(missing, copy)
  return copy
}

function add(fields: readonly Field[], headers: Record<string, string>): Record<string, string> {
  for (const [name, value] of fields) headers[name] = value
  return headers
}

/** Puts the token on a Request's own headers. */
export function setToken({ header, fields }: TokenPlacement, headers: Headers): void {
  for (const field of fields) if (field === header || !headers.has(field[0])) headers.set(...field)
}

/** A Headers, of whatever implementation. */
function isHeaders(headers: object): headers is Headers {
  return 'get' in headers && typeof headers.get === 'function' && 'set' in headers && !(headers instanceof Map)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function entriesOf(headers: object): Field[] {
  return Symbol.iterator in headers ? [...(headers as Iterable<Field>)] : (Object.entries(headers) as Field[])
}

/** Keeps a Headers for as long as the same is asked for, and nobody changes it: whoever does has it for himself. */
export class SharedHeaders {
  #of: TokenPlacement | undefined
  #headers: Headers | undefined

  for(placed: TokenPlacement): Headers {
    if (this.#headers && this.#of === placed) return this.#headers
    const headers = new Headers(placed.fields as [string, string][])
    for (const name of ['append', 'delete', 'set'] as const) {
      const value = (...args: [string, string]): void => {
        this.#headers = undefined
        Headers.prototype[name].apply(headers, args)
      }
      Object.defineProperty(headers, name, { value })
    }
    this.#of = placed
    return (this.#headers = headers)
  }
}

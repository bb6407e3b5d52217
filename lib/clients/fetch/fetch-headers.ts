// Headers in every form that `fetch` accepts: object, list, Headers. Each keeps its form; other values are left to `fetch`, which rejects
// them.
import type { Field, TokenPlacement } from '../../request/token-placement.ts'
import { isHeaderName } from '../header-names.ts'
import { isNativeFetch } from './fetch-internals.ts'

type MaybeHeaders = HeadersInit | null | undefined

/** The caller's value of a header; undefined if there is none. */
export function callerHeader(name: string, headers: MaybeHeaders): unknown {
  if (!isObject(headers)) return undefined
  if (isHeaders(headers)) return headers.get(name) ?? undefined
  return (entriesOf(headers) as [unknown, unknown][]).find(
    ([key, value]) => value !== undefined && isHeaderName(key, name),
  )?.[1]
}

/** A copy of the headers without one header. */
export function withoutHeader(name: string | undefined, headers: MaybeHeaders): MaybeHeaders {
  if (!isObject(headers)) return headers
  if (isHeaders(headers)) {
    const copy = new (headers.constructor as typeof Headers)(headers)
    if (name !== undefined) copy.delete(name)
    return copy
  }
  const kept = entriesOf(headers).filter(([key]) => name === undefined || !isHeaderName(key, name))
  return (Symbol.iterator in headers ? kept : Object.fromEntries(kept)) as HeadersInit
}

/** A copy of the headers with the token, and with the provider's headers unless the caller has set them. */
export function withToken({ header, fields }: TokenPlacement, headers: MaybeHeaders): MaybeHeaders {
  if (headers === undefined) return add(fields, {})
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

/** Sets the token on the headers of a Request, and the provider's headers unless the caller has set them. */
export function setToken({ header, fields }: TokenPlacement, headers: Headers): void {
  for (const field of fields) if (field === header || !headers.has(field[0])) headers.set(...field)
}

/** Whether it is a Headers object of any implementation. */
function isHeaders(headers: object): headers is Headers {
  return 'get' in headers && typeof headers.get === 'function' && 'set' in headers && !(headers instanceof Map)
}

/** A function is an object too: `fetch` takes one for a record. */
function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function entriesOf(headers: object): Field[] {
  return Symbol.iterator in headers ? [...(headers as Iterable<Field>)] : (Object.entries(headers) as Field[])
}

/**
 * One Headers object for all calls of the platform's own `fetch` with the same token: it checks a record at every call. Other functions may
 * keep the headers they are given and write on them: each call has its own.
 */
export class SharedHeaders {
  readonly #current: () => unknown
  #checked: unknown
  #isNative = false
  #placement: TokenPlacement | undefined
  #headers: Headers | undefined

  /** `current`: the function that is called. */
  constructor(current: () => unknown) {
    this.#current = current
  }

  get isNative(): boolean {
    const current = this.#current()
    if (current === this.#checked) return this.#isNative
    this.#checked = current
    return (this.#isNative = isNativeFetch(current))
  }

  for(placement: TokenPlacement): Headers {
    const isNative = this.isNative
    if (isNative && this.#headers && this.#placement === placement) return this.#headers
    const headers = new Headers(placement.fields as [string, string][])
    if (!isNative) return headers
    this.#placement = placement
    return (this.#headers = headers)
  }
}

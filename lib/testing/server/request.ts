// Received requests, and strict parsers of their bodies.
import type { IncomingMessage } from 'node:http'

/** A request as the server received it. */
export interface ReceivedRequest {
  /** The HTTP method. */
  readonly method: string
  /** As sent, without the query. */
  readonly path: string
  /** The parameters of the query. */
  readonly query: URLSearchParams
  /** Names in lower case; a header that came twice has its values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** The body, byte for byte. */
  readonly bytes: Buffer
  /** The body as text. */
  readonly body: string
  /** Epoch milliseconds at which the request was complete. */
  readonly at: number
}

/** Reads a request to its end. */
export async function readRequest(incoming: IncomingMessage, now: () => number): Promise<ReceivedRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  const { method = 'GET', url = '/', headersDistinct } = incoming
  const mark = url.indexOf('?')
  return {
    method,
    path: mark < 0 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
    headers: Object.fromEntries(
      Object.entries(headersDistinct).map(([name, values]) => [name, values?.join(', ') ?? '']),
    ),
    bytes,
    body: bytes.toString(),
    at: now(),
  }
}

// Strict parsers of request bodies.

/** The fields of a request, by name. */
export interface Fields {
  /** The first value. */
  get(name: string): string | undefined
  /** Every value, in order. */
  all(name: string): readonly string[]
  /** Whether it was sent. */
  has(name: string): boolean
}

/** The fields, or the problem of the request. */
export type ParsedFields =
  { readonly fields: Fields; readonly problem?: never } | { readonly fields?: never; readonly problem: string }

interface AllowedFields {
  readonly fields: readonly string[]
  /** Those of the fields that may occur more than once. */
  readonly repeatable?: readonly string[]
  /** Those of the fields that may be empty, which counts as absent. */
  readonly mayBeEmpty?: readonly string[]
  /** Those of the fields that may be null in JSON, which counts as absent. */
  readonly nullable?: readonly string[]
}

/** A form body: declared as one, every escape whole, no field that is not allowed, none twice, none empty. */
export function readForm(request: ReceivedRequest, allowed: AllowedFields): ParsedFields {
  if (mediaType(request) !== 'application/x-www-form-urlencoded') {
    return { problem: 'The body must be application/x-www-form-urlencoded' }
  }
  if ([...request.query].length > 0) return { problem: 'Parameters belong in the body, not in the query' }
  return parsePairs(request.body, allowed)
}

/** Parameters in the query, and no body. */
export function readQuery(request: ReceivedRequest, allowed: AllowedFields): ParsedFields {
  if (request.bytes.length > 0) return { problem: 'Parameters came in the query, and a body as well' }
  return checkFields([...request.query], allowed)
}

/** A JSON object whose values are text: declared as JSON, no field that is not allowed, none empty. */
export function readJson(request: ReceivedRequest, allowed: AllowedFields): ParsedFields {
  const { object, problem } = readObject(request)
  if (!object) return { problem }
  if ([...request.query].length > 0) return { problem: 'Parameters belong in the body, not in the query' }
  const entries = Object.entries(object).filter(([name, value]) => value !== null || !allowed.nullable?.includes(name))
  const odd = entries.find(([, value]) => typeof value !== 'string')
  if (odd) return { problem: `${odd[0]} must be a string` }
  return checkFields(entries as [string, string][], allowed)
}

/** A JSON object, or the problem of the body. */
type ParsedObject =
  | { readonly object: Readonly<Record<string, unknown>>; readonly problem?: never }
  | { readonly object?: never; readonly problem: string }

/** A body that is declared as a JSON object and is one, with no field that is not allowed. */
export function readObject(request: ReceivedRequest, allowed?: readonly string[]): ParsedObject {
  if (mediaType(request) !== 'application/json') return { problem: 'The body must be application/json' }
  const value = parse(request.body)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problem: 'The body is not a JSON object' }
  }
  const unknown = allowed && Object.keys(value).find((name) => !allowed.includes(name))
  if (unknown !== undefined) return { problem: `Unknown field ${unknown}` }
  return { object: value as Record<string, unknown> }
}

/** The `grant_type` of a token request in whatever encoding; a JSON body of `refresh` alone is a refresh too. */
export function grantOf({ query, body, headers }: ReceivedRequest): string | undefined {
  if (!headers['content-type']?.includes('json')) {
    return new URLSearchParams(body).get('grant_type') ?? query.get('grant_type') ?? undefined
  }
  const { grant_type: grant, refresh } = (parse(body) ?? {}) as { grant_type?: unknown; refresh?: unknown }
  if (typeof grant === 'string') return grant
  return refresh === undefined ? undefined : 'refresh_token'
}

/** The first of the names that is absent. */
export function missing(fields: Fields, ...names: readonly string[]): string | undefined {
  return names.find((name) => !fields.has(name))
}

/** User and password of HTTP Basic, as they are between the colon, or undefined. @see RFC 7617 */
export function basicOf({ headers }: ReceivedRequest): readonly [user: string, password: string] | undefined {
  const coded = /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(headers['authorization'] ?? '')?.[1]
  if (coded === undefined) return undefined
  const text = Buffer.from(coded, 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)]
}

/** The token of an `Authorization: Bearer` header. @see RFC 6750, section 2.1 */
export function bearerOf({ headers }: ReceivedRequest): string | undefined {
  return /^bearer ([!-~]+)$/i.exec(headers['authorization'] ?? '')?.[1]
}

/** The value behind a form's escapes, or undefined where an escape is broken or a character should have been one. */
export function formDecode(text: string): string | undefined {
  if (!/^[!-~]*$/.test(text)) return undefined
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

function mediaType({ headers }: ReceivedRequest): string | undefined {
  return headers['content-type']?.split(';')[0]?.trim().toLowerCase()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function parsePairs(text: string, allowed: AllowedFields): ParsedFields {
  const decoded: [string, string][] = []
  for (const pair of text === '' ? [] : text.split('&')) {
    const equals = pair.indexOf('=')
    const name = formDecode(pair.slice(0, Math.max(equals, 0)))
    const value = formDecode(pair.slice(equals + 1))
    if (!name || value === undefined) return { problem: 'The body is not form-encoded' }
    decoded.push([name, value])
  }
  return checkFields(decoded, allowed)
}

function checkFields(
  entries: readonly (readonly [string, string])[],
  { fields, repeatable = [], mayBeEmpty = [] }: AllowedFields,
): ParsedFields {
  const found = new Map<string, string[]>()
  for (const [name, value] of entries) {
    if (!fields.includes(name)) return { problem: `Unknown parameter ${name}` }
    if (value === '' && mayBeEmpty.includes(name)) continue
    if (value === '') return { problem: `${name} is empty` }
    const values = found.get(name)
    if (values && !repeatable.includes(name)) return { problem: `${name} came twice` }
    if (values) values.push(value)
    else found.set(name, [value])
  }
  return {
    fields: {
      get: (name) => found.get(name)?.[0],
      all: (name) => found.get(name) ?? [],
      has: (name) => found.has(name),
    },
  }
}

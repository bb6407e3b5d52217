// Builds the HTTP request of a grant from a definition and credentials.
import type { Param, ProviderDefinition, TokenRequest } from '../definitions/definition.ts'
import {
  fillText,
  fillUrl,
  isRequired,
  type Placeholder,
  placeholdersIn,
  type ResolvedValues,
} from '../definitions/template.ts'
import { isSecretHeader } from '../definitions/resource-server.ts'
import type { CredentialRequest } from '../definitions/credentials.ts'
import { isTokenError, type TokenError, TokenRequestError } from '../errors.ts'
import type { Values } from '../token/token-grant.ts'
import { basicOf, formEncode } from '../util/encoding.ts'
import { isHeaderValue } from '../util/syntax.ts'
import { fromPage, parseUrl, urlAsText, withoutSlashes } from '../util/url.ts'
import type { WireRequest } from './transport.ts'

/**
 * The token request of a grant, or of the renewal. Functions among the values are called anew.
 *
 * Rejects with a `TokenRequestError` whose reason is `credentials` when a value is missing or cannot stand where its placeholder is.
 */
export async function buildTokenRequest(
  definition: ProviderDefinition,
  grant: string,
  values: Values,
): Promise<BuiltRequest> {
  const filled = await buildRequest(definition, requestTemplate(definition, grant), values)
  const customize = definition.custom?.request
  if (!customize) return filled
  try {
    const request = checkHeaders(definition.id, await customize(filled.request))
    const known = valuesIn(filled.request)
    const added = valuesIn(request).filter((value) => !known.includes(value))
    return { ...filled, request, secrets: [...filled.secrets, ...added] }
  } catch {
    // The thrown value may contain the request.
    throw new TokenRequestError(definition.id, 'custom.request failed, or its request cannot be sent', {
      reason: 'credentials',
    })
  }
}

/** Every value of a request: its headers, and the parameters of its query and of its body. */
function valuesIn({ url, headers, body = '' }: WireRequest): readonly string[] {
  const values = [...Object.values(headers), ...formValues(url.slice(url.indexOf('?') + 1))]
  try {
    JSON.parse(body, (_, value: unknown) => {
      if (typeof value === 'string') values.push(value)
      return value
    })
    return values
  } catch {
    return [...values, ...formValues(body)]
  }
}

/** The values of a form; of text that is none, such as XML, all of it. */
function formValues(form: string): readonly string[] {
  return [...new URLSearchParams(form)].flatMap(([name, value]) => (/^[\w.-]*$/.test(name) ? [value] : [name, value]))
}

/** A request, and what of it must never be shown: every value but {@link PUBLIC} ones, as it is and as it was encoded. */
export interface BuiltRequest {
  readonly request: WireRequest
  /** The endpoint for messages. */
  readonly endpoint: string
  readonly secrets: readonly string[]
}

/** Placeholders whose values are no secrets, and may be ordinary words of a message. @see RFC 6749, section 2.2 */
const PUBLIC: readonly string[] = ['clientId', 'scope']

export async function buildRequest(
  definition: ProviderDefinition,
  from: TokenRequest,
  values: Values,
): Promise<BuiltRequest> {
  const { id } = definition
  const { method = 'POST' } = from
  const text = requestTexts(definition, from)
  const isEmpty = method === 'DELETE' && Object.keys(text.params ?? {}).length === 0
  const encoding = method === 'GET' || isEmpty ? 'query' : (from.encoding ?? 'form')
  const texts = await resolveValues(definition, placeholdersIn(text), values)
  const secrets = [...texts].flatMap(([name, value]) => (PUBLIC.includes(name) ? [] : [value, formEncode(value)]))

  const url = fillUrl(text.url, texts, invalidIn(id))
  const params = fillParams(text.params ?? {}, texts)
  const headers = new Map([['accept', 'application/json']])
  let body: string | undefined
  if (encoding === 'json') {
    headers.set('content-type', 'application/json')
    body = JSON.stringify(params)
  } else if (encoding === 'form') {
    headers.set('content-type', 'application/x-www-form-urlencoded')
    body = formOf(params)
  }
  if (text.basic) {
    const basic = basicHeader(id, from, text.basic, texts)
    headers.set('authorization', `Basic ${basic}`)
    secrets.push(basic)
  }
  for (const [name, template] of Object.entries(text.headers ?? {})) {
    const value = fillText(template, texts)
    if (value === undefined) continue
    headers.set(name.toLowerCase(), value)
    if (isSecretHeader([name, value])) secrets.push(value)
  }
  const request = {
    method,
    url: body === undefined ? withQuery(url, formOf(params)) : url,
    headers: Object.fromEntries(headers),
  }
  const endpoint = shownEndpoint(text.url, url)
  return { request: checkHeaders(id, body === undefined ? request : { ...request, body }), secrets, endpoint }
}

/** Origin and path of a URL, without user and query. Of a path with placeholders no value is shown. */
function shownEndpoint(template: string, url: string): string {
  const [, path = ''] = /^https?:\/\/[^/?#]*([^?#]*)/i.exec(template) ?? []
  return `${parseUrl(url)?.origin ?? ''}${path}`
}

/** The request, once no header of it can be mistaken for two or be refused by an HTTP client with the value in the message. */
function checkHeaders(provider: string, request: WireRequest): WireRequest {
  for (const [name, value] of Object.entries(request.headers)) {
    if (!isHeaderValue(value)) {
      const message = `the value of the header ${name} contains a character that no header can carry`
      throw new TokenRequestError(provider, message, { reason: 'credentials' })
    }
  }
  return request
}

function basicHeader(
  provider: string,
  { basicStyle }: TokenRequest,
  basic: readonly string[],
  texts: ResolvedValues,
): string {
  const style = basicStyle === 'raw' ? String : formEncode
  const [user = '', password = ''] = basic.map((half) => style(fillText(half, texts) ?? ''))
  // The first colon ends the user: with one inside, the server would read another user and password.
  if (user.includes(':')) throw unusableCredential(provider, 'before the colon of HTTP Basic', 'holds a colon itself')
  return basicOf(user, password)
}

type ParamValue = string | number | boolean | readonly string[] | { readonly [name: string]: ParamValue }
type ParamValues = Readonly<Record<string, ParamValue>>

function fillParams(params: Readonly<Record<string, Param | null>>, texts: ResolvedValues): ParamValues {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, param]): [string, ParamValue][] => {
      if (param === null) return []
      if (isList(param)) return [[name, param.flatMap((each) => fillText(each, texts) ?? [])]]
      if (typeof param === 'object') return [[name, fillParams(param, texts)]]
      const value = typeof param === 'string' ? fillText(param, texts) : param
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function formOf(params: ParamValues): string {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (Array.isArray(value))
      value.forEach((each: string) => {
        form.append(name, each)
      })
    // A tree has no place in a form: the definition was checked for one.
    else if (typeof value !== 'object') form.append(name, String(value))
  }
  return form.toString()
}

function isList(param: Param): param is readonly string[] {
  return Array.isArray(param)
}

export function withQuery(url: string, query: string): string {
  return query ? `${url}${url.includes('?') ? '&' : '?'}${query}` : url
}

/** Stands for the renewal where a grant is named. */
export const RENEWAL = 'refresh_token'

/** Merges the template of a grant, or of the renewal, over the one that all token requests share. */
export function requestTemplate({ token, grants, renewal }: ProviderDefinition, grant: string): TokenRequest {
  return mergeRequests(token, (grant === RENEWAL ? renewal : grants[grant]) ?? {})
}

export function mergeRequests(shared: TokenRequest, own: TokenRequest): TokenRequest {
  return {
    ...shared,
    ...own,
    headers: { ...shared.headers, ...own.headers },
    params: { ...shared.params, ...own.params },
  }
}

type RequestText = Pick<Required<TokenRequest>, 'url'> & {
  readonly [K in 'headers' | 'basic' | 'params']: TokenRequest[K] | undefined
}

/** A URL of a definition, its placeholders not yet filled; one that begins with a slash is relative to the root of the API. */
export function requestUrl({ api = '' }: ProviderDefinition, url: string): string {
  return url.startsWith('/') ? withoutSlashes(fromPage(api)) + url : url
}

/** The parts of a request that may have placeholders. */
export function requestTexts(
  definition: ProviderDefinition,
  { url = '', headers, basic, params }: TokenRequest,
): RequestText {
  return { url: requestUrl(definition, url), headers, basic, params }
}

/** The error of a request that cannot be made with the credentials at hand; it never shows a value. */
function unusableCredential(provider: string, placeholder: string, why: string, cause?: TokenError): TokenRequestError {
  return new TokenRequestError(provider, `the credential ${placeholder} ${why}`, {
    reason: 'credentials',
    ...(cause && { cause }),
  })
}

function invalidIn(provider: string): (placeholder: string, expected: string) => TokenRequestError {
  return (placeholder, expected) => unusableCredential(provider, placeholder, `is not ${expected}`)
}

function namesIn(placeholders: readonly Placeholder[]): readonly string[] {
  return placeholders.map(({ name }) => name)
}

/** The text of each placeholder; an empty one counts as absent (RFC 6749, 3.2). Throws a `TokenRequestError` for one that is needed. */
async function resolveValues(
  definition: ProviderDefinition,
  placeholders: readonly Placeholder[],
  values: Values,
): Promise<ResolvedValues> {
  const { id, token } = definition
  const texts = new Map<string, string>()
  const resolve = async (names: readonly string[], request: CredentialRequest): Promise<void> => {
    await Promise.all(
      names.map(async (name) => {
        const text = await resolveValue(name, values, request)
        if (text) texts.set(name, text)
      }),
    )
  }
  const missing = (from: readonly Placeholder[]): Placeholder | undefined =>
    from.find((placeholder) => isRequired(placeholder) && !texts.has(placeholder.name))
  // These come first: an assertion names them.
  const endpoint = placeholdersIn(requestUrl(definition, token.url ?? ''))
  const first = new Set(['clientId', ...namesIn(endpoint)])
  await resolve([...first], { provider: id })
  const tokenEndpoint =
    token.url === undefined || missing(endpoint)
      ? undefined
      : fillUrl(requestUrl(definition, token.url), texts, invalidIn(id))
  const others = new Set(namesIn(placeholders).filter((name) => !first.has(name)))
  await resolve([...others], { provider: id, clientId: texts.get('clientId'), tokenEndpoint })
  const absent = missing(placeholders)
  if (absent) throw unusableCredential(id, absent.name, 'is missing')
  return texts
}

async function resolveValue(name: string, values: Values, request: CredentialRequest): Promise<string | undefined> {
  const value = Object.hasOwn(values, name) ? values[name] : undefined
  if (typeof value !== 'function') return urlAsText(value)
  const { provider } = request
  let text: unknown
  try {
    text = await value(request)
  } catch (error) {
    // The thrown value may contain the secret, unless it is an error of this library.
    throw unusableCredential(
      provider,
      name,
      'could not be read: its function threw',
      isTokenError(error) ? error : undefined,
    )
  }
  if (typeof text !== 'string')
    throw unusableCredential(provider, name, 'is not text: its function gave something else')
  return text
}

// One request of a definition, its holes filled, written as its encoding says.

import { TokenRequestError } from '../errors.ts'
import type { Param, ProviderDefinition, TokenRequest } from '../providers/definition.ts'
import { basicOf, formEncode } from './encode.ts'
import { fillText, fillUrl, holesOf, type Texts } from './fill-template.ts'
import { textOf } from './request-text.ts'
import { resolveValues, unusable, type Values } from './resolve-values.ts'
import type { WireRequest } from './wire.ts'

/** A request, and what of it must never be shown: every value but `scope`, as it is and as it was encoded. */
export interface Filled {
  readonly request: WireRequest
  readonly secrets: readonly string[]
}

export async function buildRequest(
  definition: ProviderDefinition,
  from: TokenRequest,
  values: Values,
): Promise<Filled> {
  const { id } = definition
  const { method = 'POST' } = from
  // The others have no body that every server reads.
  const encoding = method === 'POST' || method === 'PUT' ? (from.encoding ?? 'form') : 'query'
  const text = textOf(definition, from)
  const texts = await resolveValues(id, holesOf(text), values)
  const secrets = [...texts].flatMap(([name, value]) => (name === 'scope' ? [] : [value, formEncode(value)]))

  const url = fillUrl(text.url, texts, (hole, expected) => unusable(id, hole, `is not ${expected}`))
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
    if (value !== undefined) headers.set(name.toLowerCase(), value)
  }
  const request = {
    method,
    url: body === undefined ? withQuery(url, formOf(params)) : url,
    headers: Object.fromEntries(headers),
  }
  return { request: checkHeaders(id, body === undefined ? request : { ...request, body }), secrets }
}

/** The request, once no header of it can be mistaken for two or be refused by an HTTP client with the value in the message. */
export function checkHeaders(provider: string, request: WireRequest): WireRequest {
  for (const [name, value] of Object.entries(request.headers)) {
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      const message = `the value of the header ${name} holds a character that no header can carry`
      throw new TokenRequestError(provider, message, { reason: 'credentials' })
    }
  }
  return request
}

function basicHeader(provider: string, { basicStyle }: TokenRequest, basic: readonly string[], texts: Texts): string {
  const style = basicStyle === 'raw' ? String : formEncode
  const [user = '', password = ''] = basic.map((half) => style(fillText(half, texts) ?? ''))
  // The first colon ends the user: with one inside, the server would read another user and password.
  if (user.includes(':')) throw unusable(provider, 'before the colon of HTTP Basic', 'holds a colon itself')
  return basicOf(user, password)
}

type Filling = string | number | boolean | readonly string[] | { readonly [name: string]: Filling }
type Fillings = Readonly<Record<string, Filling>>

function fillParams(params: Readonly<Record<string, Param | null>>, texts: Texts): Fillings {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, param]): [string, Filling][] => {
      if (param === null) return []
      if (isList(param)) return [[name, param.flatMap((each) => fillText(each, texts) ?? [])]]
      if (typeof param === 'object') return [[name, fillParams(param, texts)]]
      const value = typeof param === 'string' ? fillText(param, texts) : param
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function formOf(params: Fillings): string {
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

function withQuery(url: string, query: string): string {
  return query ? `${url}${url.includes('?') ? '&' : '?'}${query}` : url
}

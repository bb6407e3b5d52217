// The fetch binding: same signature, same errors, the platform's own Response.
import { fetchTransport } from '../endpoint/fetch-transport.ts'
import { invalidOption } from '../errors.ts'
import type { GrantName, ProviderDefinition } from '../providers/definition.ts'
import { Exchange } from '../request/exchange.ts'
import type { TokenManagerOptions } from '../token/options.ts'
import type { TokenManager } from '../token/token-manager.ts'
import type { TokenSource } from '../token/token-source.ts'
import { FetchCall } from './fetch-call.ts'
import { fetchClient } from './fetch-client.ts'
import { ownValue, without } from './fetch-headers.ts'
import { sourceOf } from './source-of.ts'
import { Target, type BindingOptions } from './target.ts'

export type Fetch = typeof globalThis.fetch
export type FetchInput = Parameters<Fetch>[0]

/** What a wrapped `fetch` takes besides what `fetch` takes. */
export interface BearerRequestInit extends RequestInit {
  /** `false` sends the request bare; `body` makes the body anew, so that a request with a stream can be sent once more. */
  readonly tokenflight?: false | { readonly body?: () => BodyInit }
}

export type WrapOptions = BindingOptions<Response>

/** A `fetch` that puts a valid token on what it sends. */
export interface BearerFetch<Source extends TokenSource> {
  (input: FetchInput, init?: BearerRequestInit): Promise<Response>
  readonly tokens: Source
}

/**
 * Wraps a `fetch`: requests to the provider's API carry a valid token and are sent once more after a 401; all others pass untouched.
 *
 * Throws a `TypeError` for a wrong option, and when it is not known which URLs may receive the token.
 */
export function wrapFetch<Source extends TokenSource>(
  fetch: Fetch,
  tokens: Source,
  options?: WrapOptions,
): BearerFetch<Source>
export function wrapFetch<const D extends ProviderDefinition, const G extends GrantName<D> = GrantName<D>>(
  fetch: Fetch,
  manager: TokenManagerOptions<D, G>,
  options?: WrapOptions,
): BearerFetch<TokenManager>
export function wrapFetch(underlying: Fetch, from: object, options: WrapOptions = {}): BearerFetch<TokenSource> {
  if (typeof (underlying as unknown) !== 'function') throw invalidOption('fetch', 'a function', underlying)
  const tokens = sourceOf(from, () => fetchTransport({ fetch: underlying }))
  const target = new Target(tokens, options, undefined)
  const exchange = new Exchange(tokens, fetchClient(options.isAuthFailure, tokens.site?.refused))
  const base = (globalThis as { location?: { href: string } }).location?.href

  const wrapped = (input: FetchInput, init?: BearerRequestInit): Promise<Response> => {
    const standing = init?.tokenflight === false ? undefined : target.standing(urlOf(input), base)
    if (!standing) return underlying(input, init)
    const { headerName } = target
    const own = ownValue(
      headerName,
      init?.headers ?? (typeof input === 'object' && 'headers' in input ? input.headers : undefined),
    )
    // `false` is no header that fetch knows: it asks for none.
    if (own === false)
      return underlying(input, { ...init, headers: without(headerName, init?.headers) as [string, string][] })
    if (own !== undefined) return underlying(input, init)
    try {
      return exchange.run(new FetchCall(underlying, input, init, standing, target))
    } catch (error) {
      // What the platform refuses, a header's name say, rejects; fetch never throws at the call.
      return Promise.reject(error)
    }
  }
  return Object.defineProperties(wrapped as BearerFetch<TokenSource>, {
    name: { value: underlying.name, configurable: true },
    length: { value: underlying.length, configurable: true },
    tokens: { value: tokens, enumerable: true },
  })
}

/** The URL as fetch would read it; what cannot be read leads nowhere, and is the platform's to refuse. */
function urlOf(input: FetchInput): string {
  if (typeof input === 'string') return input
  try {
    return 'url' in input ? input.url : String(input)
  } catch {
    return ''
  }
}

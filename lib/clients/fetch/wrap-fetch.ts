// `wrapFetch()`: the signature and the errors of `fetch`, and its own Response objects.
import type { DefaultGrant, GrantChoice } from '../../definitions/credentials.ts'
import type { ProviderDefinition } from '../../definitions/definition.ts'
import { type AnyTokenError, invalidOption } from '../../errors.ts'
import { type Call, BearerRequests } from '../../request/send-with-token.ts'
import type { FunctionManagerOptions, TokenManagerOptions } from '../../token/options.ts'
import type { ApplicationTokenManager, TokenManager } from '../../token/token-manager.ts'
import type { TokenSource } from '../../token/token-source.ts'
import { lateFetch, markWrapper } from '../../util/global-fetch.ts'
import { pageBase } from '../../util/url.ts'
import { type RequestOptions, tokenSourceOf, type ClientOptions, ResourceServerAccess } from '../resource-server.ts'
import { copyInit, UrlCall, isRequest, type FetchBinding, NO_BASE, RequestCall } from './fetch-call.ts'
import { callerHeader, SharedHeaders, withoutHeader } from './fetch-headers.ts'
import { fetchResponseReader } from './fetch-response.ts'

export type Fetch = typeof globalThis.fetch
export type FetchInput = Parameters<Fetch>[0]
/** The body of a request. `BodyInit` does not exist in the types of Node. */
export type FetchBody = NonNullable<RequestInit['body']>

/** The init of `fetch` with the option `tokenflight`. */
export interface BearerRequestInit extends RequestInit {
  /** Options of this request; `false` sends it without a token. */
  readonly tokenflight?: false | RequestOptions<FetchBody>
}

/** Options of {@link wrapFetch}. */
export type WrapOptions = ClientOptions<Response>

/** A response of {@link BearerFetch}. */
export interface BearerResponse extends Response {
  /** The reason why a 401 was not sent again with another token, where none could be had for now. @default absent */
  readonly cause?: AnyTokenError
}

/** A `fetch` that puts a valid token on its requests. */
export interface BearerFetch<Source extends TokenSource> {
  (input: FetchInput, init?: BearerRequestInit): Promise<BearerResponse>
  /** The manager, or the given token source. */
  readonly tokens: Source
}

/**
 * Wraps a `fetch`, the platform's own if it is undefined. Requests to the allowed URLs carry a valid token and are sent once more after a
 * 401; all others are passed on unchanged.
 *
 * Requests are rejected with a `TokenError` where no token can be obtained.
 * @throws `TypeError` for an invalid option, and for unknown `resources`
 * @see RFC 6750, sections 2.1 and 3.1
 */
export function wrapFetch<Source extends TokenSource>(
  fetch: Fetch | undefined,
  tokens: Source,
  options?: WrapOptions,
): BearerFetch<Source>
export function wrapFetch(
  fetch: Fetch | undefined,
  manager: FunctionManagerOptions,
  options?: WrapOptions,
): BearerFetch<ApplicationTokenManager>
export function wrapFetch<const D extends ProviderDefinition, const G extends GrantChoice<D> = DefaultGrant<D>>(
  fetch: Fetch | undefined,
  manager: TokenManagerOptions<D, G>,
  options?: WrapOptions,
): BearerFetch<TokenManager>
export function wrapFetch(
  given: Fetch | undefined,
  source: object,
  options: WrapOptions = {},
): BearerFetch<TokenSource> {
  const original = given ?? globalThis.fetch
  if (typeof (original as unknown) !== 'function') throw invalidOption('fetch', 'a function', given)
  const underlying = given ?? lateFetch(original)
  const tokens = tokenSourceOf(source, { fetch: given })
  const resourceServer = new ResourceServerAccess(tokens, options, undefined)
  const requests = new BearerRequests(
    tokens,
    fetchResponseReader(options.isAuthFailure, resourceServer, tokens.resourceServer?.rejectedWhen),
    resourceServer,
  )

  const sharedHeaders = new SharedHeaders(() => given ?? globalThis.fetch)
  // The platform's own fetch accepts the platform's Request. Others may not.
  const isPlatform = original === globalThis.fetch
  if (isPlatform) resourceServer.checkHeader()
  const binding: FetchBinding = { fetch: underlying, isPlatform, resourceServer, sharedHeaders }
  const hasPage = pageBase() !== undefined

  /** The call with a token; other arguments for a call without one; undefined for a call without a token that is passed on unchanged. */
  const callOf = (input: FetchInput, init: BearerRequestInit | undefined): Call<Response> | Arguments | undefined => {
    // `fetch` rejects an invalid init.
    if ((init !== undefined && typeof init !== 'object') || init?.tokenflight === false) return undefined
    const url = isRequest(input) ? input.url : String(input)
    const breaker = resourceServer.breakerFor(url)
    const { queryName } = resourceServer
    if (!breaker) return undefined
    const absolute = hasPage ? resourceServer.absoluteUrl(url) : url
    if (queryName !== undefined && new URL(absolute, NO_BASE).searchParams.has(queryName)) return undefined
    const request = isRequest(input) ? input : undefined
    const authorization = callerHeader(resourceServer.headerName, init?.headers ?? request?.headers)
    // As in axios, `false` sends the request without the header.
    if (authorization === false)
      return [
        input,
        { ...copyInit(init), headers: withoutHeader(resourceServer.headerName, init?.headers) } as RequestInit,
      ]
    if (authorization !== undefined) return undefined
    const signal = init?.signal === undefined ? request?.signal : init.signal
    // `fetch` rejects for a signal that has aborted and for an invalid one, and sends nothing.
    if (signal && (signal.aborted as unknown) !== false) return undefined
    resourceServer.checkMode('mode', init?.mode ?? request?.mode)
    // As a Request, a form is encoded once: a replay has the same boundary.
    const isForm = !request && isPlatform && init?.body instanceof FormData
    return request || isForm
      ? new RequestCall(binding, breaker, request ?? absolute, init)
      : new UrlCall(binding, breaker, absolute, init)
  }

  const wrapped = (input: FetchInput, init?: BearerRequestInit): Promise<Response> => {
    let call: Call<Response> | Arguments | undefined
    try {
      call = callOf(input, init)
      if (call && 'send' in call) return requests.send(call)
    } catch (error) {
      // `fetch` never throws: an invalid header name, for example, rejects.
      return Promise.reject(error)
    }
    return call ? underlying(...call) : underlying(input, init)
  }
  markWrapper(wrapped, original)
  return Object.defineProperties(wrapped as BearerFetch<TokenSource>, {
    name: { value: original.name, configurable: true },
    length: { value: original.length, configurable: true },
    tokens: { value: tokens, enumerable: true },
  })
}

type Arguments = [input: FetchInput, init: RequestInit]

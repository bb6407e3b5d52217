// `wrapFetch()`: same signature, same errors, the platform's own Response.
import type { GrantName } from '../../definitions/credentials.ts'
import type { ProviderDefinition } from '../../definitions/definition.ts'
import { invalidOption } from '../../errors.ts'
import { type Call, BearerRequests } from '../../request/send-with-token.ts'
import { fetchTransport } from '../../token-endpoint/fetch-transport.ts'
import type { TokenManagerOptions } from '../../token/options.ts'
import type { TokenManager } from '../../token/token-manager.ts'
import type { TokenSource } from '../../token/token-source.ts'
import { tokenSourceOf } from '../options.ts'
import { type ClientOptions, ResourceServerAccess } from '../resource-server.ts'
import { copyInit, UrlCall, isRequest, type FetchBinding, RequestCall } from './fetch-call.ts'
import { callerHeader, SharedHeaders, withoutHeader } from './fetch-headers.ts'
import { fetchResponseReader } from './fetch-response.ts'

export type Fetch = typeof globalThis.fetch
export type FetchInput = Parameters<Fetch>[0]
/** What a request may have for a body; by this name Node's own types know it too. */
export type FetchBody = NonNullable<RequestInit['body']>

/** What a wrapped `fetch` takes besides what `fetch` takes. */
export interface BearerRequestInit extends RequestInit {
  /** `false` sends the request bare. */
  readonly tokenflight?:
    | false
    | {
        /** Makes the body anew, so that a request with a stream can be sent once more. */
        readonly body?: () => FetchBody
      }
}

/** What a wrapped fetch may be told beside its tokens. */
export type WrapOptions = ClientOptions<Response>

/** A `fetch` that puts a valid token on what it sends. */
export interface BearerFetch<Source extends TokenSource> {
  (input: FetchInput, init?: BearerRequestInit): Promise<Response>
  readonly tokens: Source
}

/**
 * Wraps a `fetch`, the platform's own where it is undefined: requests to the provider's API carry a valid token and are sent once more
 * after a 401; all others pass untouched.
 *
 * Throws a `TypeError` for a wrong option, and when it is not known which URLs may receive the token.
 */
export function wrapFetch<Source extends TokenSource>(
  fetch: Fetch | undefined,
  tokens: Source,
  options?: WrapOptions,
): BearerFetch<Source>
export function wrapFetch<const D extends ProviderDefinition, const G extends GrantName<D> = GrantName<D>>(
  fetch: Fetch | undefined,
  manager: TokenManagerOptions<D, G>,
  options?: WrapOptions,
): BearerFetch<TokenManager>
export function wrapFetch(given: Fetch | undefined, from: object, options: WrapOptions = {}): BearerFetch<TokenSource> {
  const shown = given ?? globalThis.fetch
  if (typeof (shown as unknown) !== 'function') throw invalidOption('fetch', 'a function', given)
  // Looked up at each call: what stands in for it later is used too.
  const underlying: Fetch = given ?? ((...args) => globalThis.fetch(...args))
  const tokens = tokenSourceOf(from, () => fetchTransport({ fetch: underlying }))
  const target = new ResourceServerAccess(tokens, options, undefined)
  const requests = new BearerRequests(
    tokens,
    fetchResponseReader(options.isAuthFailure, target, tokens.resourceServer?.rejectedWhen),
  )

  const plain: FetchBinding = { fetch: underlying, target, shared: undefined }
  const platform: FetchBinding = { ...plain, shared: new SharedHeaders() }

  /** The call, where it is for us to put a token on it. */
  const callOf = (input: FetchInput, init: BearerRequestInit | undefined): Call<Response> | Given | undefined => {
    // What is no init is the platform's to refuse.
    if ((init !== undefined && typeof init !== 'object') || init?.tokenflight === false) return undefined
    const url = isRequest(input) ? input.url : typeof input === 'string' ? input : String(input)
    const breaker = target.breaker(url)
    const { queryName } = target
    if (!breaker || (queryName !== undefined && new URL(url).searchParams.has(queryName))) return undefined
    const asked = isRequest(input) ? input : undefined
    const own = callerHeader(target.headerName, init?.headers ?? asked?.headers)
    // `false` is no header that fetch knows: it asks for none.
    if (own === false)
      return [input, { ...copyInit(init), headers: withoutHeader(target.headerName, init?.headers) } as RequestInit]
    if (own !== undefined) return undefined
    const signal = init?.signal === undefined ? asked?.signal : init.signal
    // The platform ends what is over before it began as it always does, refuses what is no signal, and sends nothing.
    if (signal && (signal.aborted as unknown) !== false) return undefined
    // Only the platform's own fetch is known to take the platform's Request, and to take headers over at once.
    const isPlatform = !given || given === globalThis.fetch
    const binding = isPlatform ? platform : plain
    // Encoded once, a form keeps its boundary.
    const isForm = !asked && isPlatform && init?.body instanceof FormData
    return asked || isForm
      ? new RequestCall(binding, breaker, input, init)
      : new UrlCall(binding, breaker, input as string | URL, init)
  }

  const wrapped = (input: FetchInput, init?: BearerRequestInit): Promise<Response> => {
    let call: Call<Response> | Given | undefined
    try {
      call = callOf(input, init)
      if (call && 'send' in call) return requests.send(call)
    } catch (error) {
      // What the platform refuses, a header's name say, rejects; fetch never throws at the call.
      return Promise.reject(error)
    }
    return call ? underlying(...call) : underlying(input, init)
  }
  return Object.defineProperties(wrapped as BearerFetch<TokenSource>, {
    name: { value: shown.name, configurable: true },
    length: { value: shown.length, configurable: true },
    tokens: { value: tokens, enumerable: true },
  })
}

type Given = [input: FetchInput, init: RequestInit]

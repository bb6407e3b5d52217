// One call of a wrapped fetch, with a URL or with a `Request`.
import type { OriginBreaker } from '../../token/origin-breaker.ts'
import { isReplayable, closedEarly, isUnusualBuffer, isWebStream, watchStream } from '../request-body.ts'
import type { Call } from '../../request/send-with-token.ts'
import type { GetTokenOptions } from '../../token/token-source.ts'
import type { Token } from '../../token/token.ts'
import { abortReason, abortWith, onAbort } from '../../util/abort.ts'
import { requestOptions, type ResourceServerAccess } from '../resource-server.ts'
import { NO_FIELDS } from '../../request/token-placement.ts'
import { hasNoBody, unlessStream } from './fetch-internals.ts'
import { setToken, withToken, type SharedHeaders, withoutHeader } from './fetch-headers.ts'
import type { BearerRequestInit, Fetch, FetchBody, FetchInput } from './wrap-fetch.ts'

export class UrlCall implements Call<Response> {
  breaker: OriginBreaker
  fields = NO_FIELDS
  readonly isSentSignedOut: boolean
  readonly #binding: FetchBinding
  readonly #makeBody: (() => FetchBody) | undefined
  /** As given to the call. */
  readonly #given: string
  #url: string
  #init: Init | undefined
  #hasWaited = false
  #sent = false

  constructor(binding: FetchBinding, breaker: OriginBreaker, url: string, init: BearerRequestInit | undefined) {
    this.breaker = breaker
    this.#binding = binding
    const { body, whenSignedOut = binding.resourceServer.whenSignedOut } = requestOptions(init?.tokenflight)
    this.#makeBody = body
    this.isSentSignedOut = whenSignedOut === 'send'
    this.#given = url
    this.#url = url
    this.#init = init
  }

  aim(token: Token): boolean {
    const { resourceServer } = this.#binding
    this.#url = resourceServer.urlFor(this.#given, token)
    return aimAt(this, resourceServer.breakerFor(this.#url, token))
  }

  describe(): { readonly method: string; readonly url: string } {
    return { method: (this.#init?.method ?? 'GET').toUpperCase(), url: new URL(this.#url).href }
  }

  send(token: Token): Promise<Response> {
    const { fetch, isPlatform, resourceServer, sharedHeaders } = this.#binding
    const placement = resourceServer.placement(token, this.fields)
    const init: Init = this.#init ? copyInit(this.#init) : { headers: undefined }
    const given = init.headers
    const hasNoHeaders = init.headers === undefined || (!isPlatform && !init.headers)
    if (!hasNoHeaders) init.headers = withToken(placement, init.headers)
    else init.headers = isPlatform ? sharedHeaders.for(placement) : withToken(placement, undefined)
    if (resourceServer.headerFollowsRedirects && (init.redirect ?? 'follow') === 'follow') init.redirect = 'error'
    if (!this.#sent && this.#init) this.#keep(init, resourceServer.fieldsVary ? given : init.headers)
    else if (this.#makeBody) init.body = this.#makeBody()
    this.#sent = true
    return fetch(placement.query ? withQuery(this.#url, placement.query) : this.#url, init as RequestInit)
  }

  sendBare(): Promise<Response> {
    // Browsers refuse to be called as a method of another object.
    const { fetch } = this.#binding
    return fetch(this.#url, this.#init && (copyInit(this.#init) as RequestInit))
  }

  replayable(): boolean {
    return this.#makeBody !== undefined || isReplayable(this.#init?.body)
  }

  wait(ask: (request: GetTokenOptions) => Promise<Token>): Promise<Token> {
    const { body, signal } = this.#init ?? {}
    if (this.#sent) return ask({ signal: signal ?? undefined })
    if (this.#init) {
      // As with fetch itself, later changes of the arguments must not have an effect.
      const init = copyInit(this.#init)
      init.headers = withoutHeader(undefined, init.headers)
      init.body = copyBody(body, false)
      this.#init = init
      this.#hasWaited = true
    }
    return waitWithBody(this.#binding, body, signal, ask)
  }

  abandon(reason: unknown): void {
    cancelStream(this.#init?.body, reason)
  }

  /** Keeps the init of the first sending for a replay, with these headers: the caller's, where those beside them vary. */
  #keep(init: Init, headers: Init['headers']): void {
    // Other functions than the platform's may write on the init and the headers that they are given.
    const kept =
      this.#binding.sharedHeaders.isNative && headers === init.headers
        ? init
        : { ...init, headers: withoutHeader(undefined, headers) }
    const body = this.#hasWaited ? init.body : copyBody(init.body, true)
    this.#init = body === kept.body ? kept : { ...kept, body }
  }
}

type RequestClass = typeof Request

export class RequestCall implements Call<Response> {
  breaker: OriginBreaker
  fields = NO_FIELDS
  readonly isSentSignedOut: boolean
  readonly #binding: FetchBinding
  readonly #Request: RequestClass
  readonly #makeBody: (() => FetchBody) | undefined
  readonly #otherInit: RequestInit | undefined
  /** The body if it is a stream. */
  readonly #stream: unknown
  /** The URL of the call where that is a text. */
  readonly #given: string | undefined
  /** The URL below the root that the token names. */
  #target: string | undefined
  #next: Request
  #replayable: boolean
  #sent = false

  constructor(binding: FetchBinding, breaker: OriginBreaker, input: FetchInput, init: BearerRequestInit | undefined) {
    this.breaker = breaker
    this.#binding = binding
    // A Request of another implementation is copied by its own class.
    const RequestClass = isRequest(input) && !(input instanceof Request) ? requestClassOf(input) : Request
    this.#Request = RequestClass
    const { body, whenSignedOut = binding.resourceServer.whenSignedOut } = requestOptions(init?.tokenflight)
    this.#makeBody = body
    this.isSentSignedOut = whenSignedOut === 'send'
    this.#given = isRequest(input) ? undefined : String(input)
    const request = new RequestClass(
      binding.resourceServer.hasTokenRoot && this.#given !== undefined ? new URL(this.#given, NO_BASE) : input,
      binding.resourceServer.headerFollowsRedirects ? rejectRedirects(input, init) : init,
    )
    const other = nonRequestInit(init)
    // An init passed with a Request resets its referrer; and Node 24 resets that of a Request without one.
    const { referrer, referrerPolicy } = request
    if (other || init?.referrer !== undefined) this.#otherInit = { referrer, referrerPolicy, ...other }
    const replayable = request.body && !this.#makeBody && RequestClass === Request ? unlessStream(request) : request
    this.#next = replayable ?? request
    this.#replayable = replayable !== undefined
    const given = init?.body
    this.#stream = isReplayable(given)
      ? replayable
        ? undefined
        : request.body
      : isWebStream(given)
        ? request.body
        : given
  }

  aim(token: Token): boolean {
    const { resourceServer } = this.#binding
    const given = this.#given ?? this.#next.url
    const url = resourceServer.urlFor(given, token)
    this.#target = url === given ? undefined : url
    return aimAt(this, resourceServer.breakerFor(url, token))
  }

  describe(): { readonly method: string; readonly url: string } {
    const { method, url } = this.#next
    return { method: method.toUpperCase(), url: this.#target ?? url }
  }

  /** The token is set on the Request: an init passed with it would reset its referrer. */
  send(token: Token): Promise<Response> {
    const { fetch, resourceServer } = this.#binding
    const placement = resourceServer.placement(token, this.fields)
    const request = this.#taken()
    setToken(placement, request.headers)
    const sent = placement.query ? new this.#Request(withQuery(request.url, placement.query), request) : request
    return this.#otherInit ? fetch(sent, this.#otherInit) : fetch(sent)
  }

  sendBare(): Promise<Response> {
    const { fetch } = this.#binding
    const request = this.#taken()
    return this.#otherInit ? fetch(request, this.#otherInit) : fetch(request)
  }

  replayable(): boolean {
    return this.#replayable
  }

  wait(ask: (request: GetTokenOptions) => Promise<Token>): Promise<Token> {
    const { signal } = this.#next
    return this.#sent ? ask({ signal }) : waitWithBody(this.#binding, this.#stream, signal, ask)
  }

  abandon(reason: unknown): void {
    cancelStream(this.#stream, reason)
  }

  #taken(): Request {
    const request = this.#take()
    return this.#target === undefined ? request : new this.#Request(this.#target, request)
  }

  #take(): Request {
    const request = this.#next
    if (this.#sent) {
      if (!this.#makeBody) return request
      const { referrer, referrerPolicy } = request
      return new this.#Request(request, {
        referrer,
        referrerPolicy,
        body: this.#makeBody(),
        duplex: 'half',
      } as RequestInit)
    }
    this.#sent = true
    if (hasNoBody(request)) this.#next = new this.#Request(request)
    else if (this.#replayable && !this.#makeBody) this.#next = request.clone()
    return request
  }
}

/** The base of URLs that have none until a token names it. */
export const NO_BASE = 'https://api.invalid'

function aimAt(call: { breaker: OriginBreaker }, breaker: OriginBreaker | undefined): boolean {
  if (breaker) call.breaker = breaker
  return breaker !== undefined
}

function requestClassOf(input: object): RequestClass {
  return input.constructor as RequestClass
}

/** A copy of the init that rejects redirects which would be followed. */
function rejectRedirects(input: FetchInput, init: BearerRequestInit | undefined): RequestInit {
  const copy = copyInit(init) as RequestInit
  const request = isRequest(input) ? input : undefined
  if ((copy.redirect ?? request?.redirect ?? 'follow') !== 'follow') return copy
  return {
    ...(request && { referrer: request.referrer, referrerPolicy: request.referrerPolicy }),
    ...copy,
    redirect: 'error',
  }
}

/** Shared by all calls of one wrapped fetch. */
export interface FetchBinding {
  readonly fetch: Fetch
  /** Whether `fetch` takes the platform's Request, and refuses headers that are null. Other implementations may not. */
  readonly isPlatform: boolean
  readonly resourceServer: ResourceServerAccess
  readonly sharedHeaders: SharedHeaders
}

/** A mutable init. */
type Init = { -readonly [Key in keyof BearerRequestInit]: BearerRequestInit[Key] | null | undefined }

/** Whether it is a Request of any implementation. */
export function isRequest(input: unknown): input is Request {
  return typeof input === 'object' && input !== null && 'url' in input && 'headers' in input
}

/** A copy of an init, inherited members included: a Request may be used as an init. */
export function copyInit(init: Init | undefined): Init {
  const copy: Record<string, unknown> = {}
  for (const key in init) if (key !== 'tokenflight') copy[key] = init[key as keyof Init]
  return copy
}

const REQUEST_INIT =
  'method headers body referrer referrerPolicy mode credentials cache redirect integrity keepalive signal duplex tokenflight'

/** The members of an init that are not part of a Request: a dispatcher, a priority. */
function nonRequestInit(init: BearerRequestInit | undefined): RequestInit | undefined {
  const entries = Object.entries(init ?? {}).filter(([key]) => !REQUEST_INIT.split(' ').includes(key))
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

/**
 * A copy of a mutable body; any other body, and one that cannot be copied, as it is. Before the first sending also an unusual buffer: `fetch`
 * may refuse it.
 */
function copyBody(body: Init['body'], isSent: boolean): Init['body'] {
  if (typeof body !== 'object') return body
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    if (!isSent && isUnusualBuffer(body)) return body
    try {
      return body instanceof ArrayBuffer
        ? body.slice(0)
        : new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice()
    } catch {
      // Detached.
      return body
    }
  }
  if (body instanceof URLSearchParams) return new URLSearchParams(String(body))
  // React Native's FormData cannot be read.
  if (!(body instanceof FormData) || !(Symbol.iterator in body)) return body
  const copy = new FormData()
  for (const [name, value] of body) copy.append(name, value as string)
  return copy
}

/** Waits for a token. A body that fails meanwhile ends the wait with the error of `fetch`. */
function waitWithBody(
  { isPlatform }: FetchBinding,
  body: unknown,
  signal: AbortSignal | null | undefined,
  ask: (request: GetTokenOptions) => Promise<Token>,
): Promise<Token> {
  const controller = new AbortController()
  const release = watchStream(body, (error) => {
    const cause = error ?? closedEarly()
    abortWith(controller, isPlatform ? new TypeError('fetch failed', { cause }) : cause)
  })
  if (!release) return ask({ signal: signal ?? undefined })
  const abort = (): void => {
    if (signal) abortWith(controller, abortReason(signal))
  }
  const removeListener = signal && onAbort(signal, abort)
  return ask({ signal: controller.signal }).finally(() => {
    removeListener?.()
    release()
  })
}

function cancelStream(body: unknown, reason: unknown): void {
  if (isWebStream(body)) body.cancel(reason).catch(() => undefined)
}

function withQuery(url: string, [name, value]: readonly [string, string]): string {
  const result = new URL(url)
  result.searchParams.set(name, value)
  return result.href
}

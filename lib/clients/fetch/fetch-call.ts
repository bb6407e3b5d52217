// One call of a wrapped fetch, from a URL or from a `Request`.
import type { OriginBreaker } from '../../request/origin-breaker.ts'
import { isReplayable } from '../../request/replayable-body.ts'
import type { Call } from '../../request/send-with-token.ts'
import type { GetTokenOptions } from '../../token/token-source.ts'
import type { Token } from '../../token/token.ts'
import { bodyFactory } from '../options.ts'
import type { ResourceServerAccess } from '../resource-server.ts'
import { setToken, withToken, type SharedHeaders, withoutHeader } from './fetch-headers.ts'
import type { BearerRequestInit, Fetch, FetchBody, FetchInput } from './wrap-fetch.ts'

export class UrlCall implements Call<Response> {
  readonly breaker: OriginBreaker
  readonly #binding: FetchBinding
  readonly #makeBody: (() => FetchBody) | undefined
  #url: string | URL
  #init: Init | undefined
  #sent = false

  constructor(binding: FetchBinding, breaker: OriginBreaker, url: string | URL, init: BearerRequestInit | undefined) {
    this.breaker = breaker
    this.#binding = binding
    this.#makeBody = bodyFactory(init?.tokenflight)
    this.#url = url
    this.#init = init
  }

  send(token: Token): Promise<Response> {
    const { fetch, target, shared } = this.#binding
    const placed = target.placement(token)
    const init = copyInit(this.#init)
    init.headers = shared && !init.headers ? shared.for(placed) : withToken(placed, init.headers)
    if (target.headerFollowsRedirects && (init.redirect ?? 'follow') === 'follow') init.redirect = 'error'
    if (!this.#sent) this.#keep(init)
    else if (this.#makeBody) init.body = this.#makeBody()
    this.#sent = true
    return fetch(placed.query ? withQuery(this.#url, placed.query) : this.#url, init as RequestInit)
  }

  replayable(): boolean {
    return this.#makeBody !== undefined || isReplayable(this.#init?.body)
  }

  wait(ask: (request: GetTokenOptions) => Promise<Token>): Promise<Token> {
    if (!this.#sent) {
      // As with fetch itself, what becomes of the arguments after the call changes nothing.
      if (this.#init) {
        const init = copyInit(this.#init)
        init.headers = withoutHeader(undefined, init.headers)
        this.#keep(init)
      }
      this.#url = String(this.#url)
    }
    const { body, signal } = this.#init ?? {}
    return cancelBodyOnFailure(ask({ signal: signal ?? undefined }), this.#sent ? undefined : body)
  }

  /** What a second sending is made of. */
  #keep(init: Init): void {
    const body = copyBody(init.body)
    this.#init = body === init.body ? init : { ...init, body }
  }
}

type RequestClass = typeof Request

export class RequestCall implements Call<Response> {
  readonly breaker: OriginBreaker
  readonly #binding: FetchBinding
  readonly #Request: RequestClass
  readonly #makeBody: (() => FetchBody) | undefined
  readonly #otherInit: RequestInit | undefined
  #next: Request
  #replayable: boolean
  #sent = false

  constructor(binding: FetchBinding, breaker: OriginBreaker, input: FetchInput, init: BearerRequestInit | undefined) {
    this.breaker = breaker
    this.#binding = binding
    // Another implementation's Request is made by that implementation.
    const made = isRequest(input) && !(input instanceof Request) ? requestClassOf(input) : Request
    this.#Request = made
    this.#makeBody = bodyFactory(init?.tokenflight)
    const request = new made(input, binding.target.headerFollowsRedirects ? rejectRedirects(input, init) : init)
    const rest = nonRequestInit(init)
    // An init beside a Request resets its referrer.
    const { referrer, referrerPolicy } = request
    this.#otherInit = rest && { referrer, referrerPolicy, ...rest }
    const settled = request.body && !this.#makeBody && made === Request ? unlessStream(request) : request
    this.#next = settled ?? request
    this.#replayable = settled !== undefined
  }

  /** An init beside a Request would reset its referrer: the header goes on the Request. */
  send(token: Token): Promise<Response> {
    const { fetch, target } = this.#binding
    const placed = target.placement(token)
    const request = this.#take()
    setToken(placed, request.headers)
    const sent = placed.query ? new this.#Request(withQuery(request.url, placed.query), request) : request
    return this.#otherInit ? fetch(sent, this.#otherInit) : fetch(sent)
  }

  replayable(): boolean {
    return this.#replayable
  }

  wait(ask: (request: GetTokenOptions) => Promise<Token>): Promise<Token> {
    return cancelBodyOnFailure(ask({ signal: this.#next.signal }), this.#sent ? undefined : this.#next.body)
  }

  #take(): Request {
    const request = this.#next
    if (this.#sent)
      return this.#makeBody
        ? new this.#Request(request, { body: this.#makeBody(), duplex: 'half' } as RequestInit)
        : request
    this.#sent = true
    // Firefox shows of no Request whether it has one.
    if (request.body === null) this.#next = new this.#Request(request)
    else if (this.#replayable && !this.#makeBody) this.#next = request.clone()
    return request
  }
}

function requestClassOf(input: object): RequestClass {
  return input.constructor as RequestClass
}

/**
 * The Request, if its body was no stream to begin with: a copy would have to collect that. The platform tells by refusing what only
 * a stream is refused, before it touches the body.
 */
function unlessStream(request: Request): Request | undefined {
  const { method, mode, headers, referrer, referrerPolicy } = request
  try {
    const used = new Request(request, { method: 'POST', mode: 'no-cors' })
    return new Request(used, { method, mode, headers, referrer, referrerPolicy })
  } catch (error) {
    return /stream/i.test(String(error)) ? undefined : request
  }
}

/** The init, with redirects refused that would be followed. */
function rejectRedirects(input: FetchInput, init: BearerRequestInit | undefined): RequestInit {
  const copy = copyInit(init) as RequestInit
  const asked = isRequest(input) ? input : undefined
  if ((copy.redirect ?? asked?.redirect ?? 'follow') !== 'follow') return copy
  return {
    ...(asked && { referrer: asked.referrer, referrerPolicy: asked.referrerPolicy }),
    ...copy,
    redirect: 'error',
  }
}

/** What every call of one wrapped fetch has. */
export interface FetchBinding {
  readonly fetch: Fetch
  readonly target: ResourceServerAccess
  /** Where the fetch is the platform's, which takes headers over in the tick of the call. */
  readonly shared: SharedHeaders | undefined
}

/** An init of our own. */
type Init = { -readonly [Key in keyof BearerRequestInit]: BearerRequestInit[Key] | null | undefined }

/** A Request, of whatever implementation. */
export function isRequest(input: unknown): input is Request {
  return typeof input === 'object' && input !== null && 'url' in input && 'headers' in input
}

/** A copy of an init, also of one whose members are inherited: a Request may serve as one. */
export function copyInit(init: Init | undefined): Init {
  const copy: Record<string, unknown> = {}
  for (const key in init) if (key !== 'tokenflight') copy[key] = init[key as keyof Init]
  return copy
}

const MEMBERS =
  'method headers body referrer referrerPolicy mode credentials cache redirect integrity keepalive signal duplex tokenflight'

/** What of an init is no part of a Request and travels beside it: a dispatcher, a priority. */
function nonRequestInit(init: BearerRequestInit | undefined): RequestInit | undefined {
  const rest = Object.entries(init ?? {}).filter(([key]) => !MEMBERS.split(' ').includes(key))
  return rest.length > 0 ? Object.fromEntries(rest) : undefined
}

/** The body as it is now, whatever becomes of the original; what cannot change, or cannot be copied, is the original. */
function copyBody(body: Init['body']): Init['body'] {
  if (typeof body !== 'object') return body
  if (body instanceof ArrayBuffer) return body.slice(0)
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice()
  if (body instanceof URLSearchParams) return new URLSearchParams(body)
  if (!(body instanceof FormData)) return body
  const copy = new FormData()
  for (const [name, value] of body) copy.append(name, value as string)
  return copy
}

/** A wait for a token that ends the body too when it fails: nobody is going to read it. */
function cancelBodyOnFailure(wait: Promise<Token>, body: Init['body']): Promise<Token> {
  if (!(body instanceof ReadableStream)) return wait
  return wait.catch((error: unknown) => {
    if (!body.locked) body.cancel(error).catch(() => undefined)
    throw error
  })
}

function withQuery(url: string | URL, [name, value]: readonly [string, string]): string {
  const located = new URL(url)
  located.searchParams.set(name, value)
  return located.href
}

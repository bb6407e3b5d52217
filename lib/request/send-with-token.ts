// The algorithm of both clients: attach the token, send, classify the response, renew, replay. Independent of HTTP clients, grants and
// token states.
import { invalidOption, isTokenError, type TokenErrorCode } from '../errors.ts'
import type { SkipReason } from '../token/events.ts'
import type { OriginBreaker, OriginBreakers } from '../token/origin-breaker.ts'
import type { GetTokenOptions, TokenSource } from '../token/token-source.ts'
import type { Token } from '../token/token.ts'
import { raceAbort, sleep } from '../util/abort.ts'
import { isObject } from '../util/objects.ts'
import { isHeaderValue, isHttpToken } from '../util/syntax.ts'
import type { Field } from './token-placement.ts'
import { type Attempt, type ResponseReader, ResponseClassifier } from './classify-response.ts'

/** One request of an HTTP client. */
export interface Call<HttpResponse> {
  readonly breaker: OriginBreaker
  /**
   * Where the root of the API depends on the token: directs the request to the API of this one, and sets the breaker; false if its URL must not
   * have the token. Throws if the token names no API.
   */
  aim(token: Token): boolean
  /** The request as it is sent, before the token is put on it. */
  describe(): { readonly method: string; readonly url: string }
  /** Headers for the next sending. */
  fields: readonly Field[]
  /** Sends the request with this token. */
  send(token: Token): Promise<HttpResponse>
  /** Whether the request is sent without a token while nobody is logged in. */
  readonly isSentSignedOut: boolean
  /** Sends the request without a token. */
  sendBare(): Promise<HttpResponse>
  /** Called first with the value that `send` resolved or rejected with. */
  received?(outcome: unknown): void
  /** Whether the request can be sent twice. */
  replayable(): boolean
  /** Whether the time limit of the request has passed. */
  isOverdue?(): boolean
  /** Called if the request is not sent, because it cannot have a token. */
  abandon?(reason: unknown): void
  /** Waits for a token by `ask`, within the time limit and the signal of the request. */
  wait(ask: (request: GetTokenOptions) => Promise<Token>): Promise<Token>
}

interface ResourceServerLimits {
  readonly breakers: OriginBreakers
  /** Milliseconds that the resource server may take to accept a new token. */
  readonly propagationDelay: number
  /** Whether the root of the API depends on the token. */
  readonly hasTokenRoot: boolean
  /** Makes headers for each sending. */
  readonly headers: RequestHeaders | undefined
}

/** A request that is about to be sent with a token. */
export interface RequestToSign {
  /** In upper case. */
  readonly method: string
  /** The whole URL, with its query. */
  readonly url: string
  readonly token: Token
}

type HeaderValues = Readonly<Record<string, string | undefined>> | Iterable<readonly [string, string]>

/** Gives headers for one sending of a request: an object, or `Headers`. */
export type RequestHeaders = (request: RequestToSign) => HeaderValues | Promise<HeaderValues>

function isHeader(entry: [string, unknown]): entry is [string, string] {
  const [name, value] = entry
  if (value === undefined) return false
  if (!isHttpToken(name)) throw invalidOption('headers', 'names of headers', name)
  if (!isHeaderValue(value)) throw invalidOption(`headers: the value of ${name}`, 'text that a header can carry', value)
  return true
}

export class BearerRequests<HttpResponse extends { readonly status: number }> {
  readonly #source: TokenSource
  readonly #reader: ResponseReader<HttpResponse>
  readonly #limits: ResourceServerLimits
  readonly #classifier: ResponseClassifier<HttpResponse>
  /** Whether a response with a status below 400 may reject the token. */
  readonly #judgesSuccess: boolean

  constructor(source: TokenSource, reader: ResponseReader<HttpResponse>, limits: ResourceServerLimits) {
    this.#source = source
    this.#reader = reader
    this.#limits = limits
    this.#judgesSuccess = reader.isAuthFailure !== undefined || reader.hasRuleForSuccess
    this.#classifier = new ResponseClassifier(reader, source.resourceServer?.placement)
  }

  /** Sends the request, in the tick of the call if a token is available. */
  send(call: Call<HttpResponse>): Promise<HttpResponse> {
    const { origin } = call.breaker
    const token = this.#source.peek(origin)
    if (token) return this.#first(call, token)
    if (call.isSentSignedOut && this.#source.isSignedOut?.(origin)) return call.sendBare()
    const waiting = call.wait(async (request) => this.#source.token({ ...request, origin }))
    return waiting.then(
      (late) => this.#first(call, late),
      (error: unknown) => {
        if (call.isSentSignedOut && this.#source.isSignedOut?.(origin, error)) return call.sendBare()
        call.abandon?.(error)
        throw error
      },
    )
  }

  #first(call: Call<HttpResponse>, token: Token): Promise<HttpResponse> {
    const { hasTokenRoot, headers } = this.#limits
    return hasTokenRoot || headers ? this.#prepare(call, token) : this.#send(call, token)
  }

  async #prepare(call: Call<HttpResponse>, token: Token): Promise<HttpResponse> {
    const { hasTokenRoot, headers } = this.#limits
    let isAllowed = true
    try {
      if (hasTokenRoot) isAllowed = call.aim(token)
      if (isAllowed && headers) await this.#makeHeaders(call, token, headers)
    } catch (error) {
      call.abandon?.(error)
      throw error
    }
    return isAllowed ? this.#send(call, token) : call.sendBare()
  }

  /** Waits for the headers of the next sending, as for a token: within the time limit and the signal of the request. */
  async #makeHeaders(call: Call<HttpResponse>, token: Token, headers: RequestHeaders): Promise<void> {
    await call.wait(async ({ signal }) => {
      const making = (async () => headers({ ...call.describe(), token }))()
      const made: unknown = await (signal ? raceAbort(making, signal) : making)
      if (!isObject(made) && !Array.isArray(made)) throw invalidOption('headers', 'a function that gives headers', made)
      const entries = Symbol.iterator in made ? made : Object.entries(made)
      call.fields = [...(entries as Iterable<[string, unknown]>)].filter(isHeader)
      return token
    })
  }

  #send(call: Call<HttpResponse>, token: Token): Promise<HttpResponse> {
    const reader = this.#reader
    try {
      return call.send(token).then(
        (response) => {
          call.received?.(response)
          const { status } = response
          if (status < 400 && !this.#judgesSuccess) {
            if (status >= 200 && status < 300 && call.breaker.accept(token)) this.#tellClosed(call)
            return response
          }
          return this.#handleRejection(call, { token, response, status })
        },
        reader.responseIn && ((error: unknown) => this.#handleError(call, token, error)),
      )
    } catch (error) {
      // `send` threw, or returned something other than a promise.
      call.received?.(error)
      throw error
    }
  }

  #handleError(call: Call<HttpResponse>, token: Token, error: unknown): Promise<HttpResponse> {
    call.received?.(error)
    const response = this.#reader.responseIn?.(error)
    if (response === undefined) throw error
    return this.#handleRejection(call, { token, response, status: response.status, error })
  }

  /** Renews the token and replays the request if that may help; else returns the response as it is. */
  async #handleRejection(call: Call<HttpResponse>, attempt: Attempt<HttpResponse>): Promise<HttpResponse> {
    const { breaker } = call
    const { token } = attempt
    const skipped = await this.#classifier.classify(attempt, breaker.origin)
    if (skipped === 'not-rejected') {
      if (attempt.status >= 200 && attempt.status < 300) this.#accepted(call, token)
      return returnOriginal(attempt)
    }
    if (skipped) return this.#returnRejected(call, attempt, skipped)
    const current = this.#source.peek(breaker.origin)
    const renewed = current !== undefined && current.accessToken !== token.accessToken
    const other = renewed ? current : this.#untilPropagated(token)
    if (!other) {
      this.#rejected(call, token)
      const denied = breaker.permission(token)
      if (denied) return this.#returnRejected(call, attempt, denied)
    }
    const obstacle = call.isOverdue?.() ? 'timeout' : call.replayable() ? undefined : 'body_used'
    if (obstacle) {
      // The renewal serves later requests; this one does not wait for it.
      if (!other) this.#renewInBackground(call, token)
      return this.#returnRejected(call, attempt, obstacle)
    }
    if (other && typeof other === 'object') return this.#replay(call, attempt, other)
    const next = await (other ? call.wait(other) : this.#renew(call, attempt))
    return next ? this.#replay(call, attempt, next) : returnOriginal(attempt)
  }

  #accepted(call: Call<HttpResponse>, token: Token): void {
    if (call.breaker.accept(token)) this.#tellClosed(call)
  }

  #tellClosed({ breaker }: Call<HttpResponse>): void {
    this.#source.notify?.('breaker-closed', { breaker: 'origin', origin: breaker.origin })
  }

  #rejected({ breaker }: Call<HttpResponse>, token: Token): void {
    if (!breaker.reject(token)) return
    const { origin, retryAt } = breaker
    this.#source.notify?.('breaker-opened', { breaker: 'origin', origin, retryAt })
  }

  /**
   * For a token that the resource server may not know yet: the token before it, or a wait after which the same token is sent again.
   * Undefined if it has had time to know the token.
   */
  #untilPropagated(token: Token): Token | ((request: GetTokenOptions) => Promise<Token>) | undefined {
    const { propagationDelay, breakers } = this.#limits
    if (propagationDelay === 0) return undefined
    const { clock } = breakers
    const { heldFor, predecessor } = this.#source.history?.(token) ?? {
      heldFor: clock.now() - token.obtainedAt,
      predecessor: undefined,
    }
    if (heldFor >= propagationDelay) return undefined
    return (
      predecessor ??
      (async ({ signal }) => {
        await sleep(propagationDelay - heldFor, clock, signal)
        return token
      })
    )
  }

  #renewInBackground({ breaker }: Call<HttpResponse>, rejected: Token): void {
    this.#source.renew(rejected, { origin: breaker.origin }).then(
      (token) => {
        breaker.recordForced(token)
      },
      () => undefined,
    )
  }

  /** A new token; undefined when none is available for now and the response is returned. */
  async #renew(
    call: Call<HttpResponse>,
    { token, response, error }: Attempt<HttpResponse>,
  ): Promise<Token | undefined> {
    const { breaker } = call
    const { origin } = breaker
    this.#reader.drain(response)
    try {
      const next = await call.wait(async (request) => this.#source.renew(token, { ...request, origin }))
      breaker.recordForced(next)
      return next
    } catch (cause) {
      if (!isTokenError(cause) || NEEDS_APPLICATION.has(cause.code)) throw cause
      this.#reader.attachCause(response, error, cause)
      return undefined
    }
  }

  /** The outcome of a replay is final. */
  async #replay(call: Call<HttpResponse>, attempt: Attempt<HttpResponse>, token: Token): Promise<HttpResponse> {
    const { hasTokenRoot, headers } = this.#limits
    if (hasTokenRoot && !call.aim(token)) return returnOriginal(attempt)
    if (headers) await this.#makeHeaders(call, token, headers)
    const { origin } = call.breaker
    const { generation, fingerprint } = token
    this.#reader.discard(attempt.response)
    this.#source.notify?.('replayed', { origin, status: attempt.status, generation, fingerprint })
    const outcome = await this.#outcome(call, token)
    const { status } = outcome
    const isAccepted = status < 400 && !this.#judgesSuccess
    const rejection = isAccepted ? 'not-rejected' : await this.#classifier.classify(outcome, origin)
    if (rejection === undefined) this.#rejected(call, token)
    else if (rejection === 'not-rejected' && status >= 200 && status < 300) this.#accepted(call, token)
    return returnOriginal(outcome)
  }

  async #outcome(call: Call<HttpResponse>, token: Token): Promise<Attempt<HttpResponse>> {
    try {
      const response = await call.send(token)
      call.received?.(response)
      return { token, response, status: response.status }
    } catch (error) {
      call.received?.(error)
      const response = this.#reader.responseIn?.(error)
      if (response === undefined) throw error
      return { token, response, status: response.status, error }
    }
  }

  #returnRejected({ breaker }: Call<HttpResponse>, attempt: Attempt<HttpResponse>, reason: SkipReason): HttpResponse {
    this.#source.notify?.('replay-skipped', { reason, origin: breaker.origin, status: attempt.status })
    return returnOriginal(attempt)
  }
}

/** Errors that only a person or a new grant can resolve: the caller gets the error instead of the 401. */
const NEEDS_APPLICATION: ReadonlySet<TokenErrorCode> = new Set(['ERR_REAUTHENTICATION_REQUIRED', 'ERR_PROMPT_REQUIRED'])

function returnOriginal<HttpResponse>({ response, error }: Attempt<HttpResponse>): HttpResponse {
  if (error !== undefined) throw error as Error
  return response
}

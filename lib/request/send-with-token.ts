// The algorithm of both clients: attach the token, send, classify the response, renew, replay. Independent of HTTP clients, grants and
// token states.
import { isTokenError, type TokenErrorCode } from '../errors.ts'
import type { SkipReason } from '../token/events.ts'
import type { GetTokenOptions, TokenSource } from '../token/token-source.ts'
import type { Token } from '../token/token.ts'
import { type Attempt, type ResponseReader, ResponseClassifier } from './classify-response.ts'
import type { OriginBreaker } from './origin-breaker.ts'

/** One request of an HTTP client. */
export interface Call<HttpResponse> {
  readonly breaker: OriginBreaker
  /** Sends the request with this token. */
  send(token: Token): Promise<HttpResponse>
  /** Called first with the value that `send` resolved or rejected with. */
  received?(outcome: unknown): void
  /** Whether the request can be sent twice. */
  replayable(): boolean
  /** Waits for a token by `ask`, within the time limit and the signal of the request. */
  wait(ask: (request: GetTokenOptions) => Promise<Token>): Promise<Token>
}

export class BearerRequests<HttpResponse> {
  readonly #source: TokenSource
  readonly #reader: ResponseReader<HttpResponse>
  readonly #now: () => number
  readonly #classifier: ResponseClassifier<HttpResponse>
  readonly #ask: (request: GetTokenOptions) => Promise<Token>
  /** The access token of the latest forced renewal. */
  #forced: string | undefined

  constructor(source: TokenSource, reader: ResponseReader<HttpResponse>, now: () => number = Date.now) {
    this.#source = source
    this.#reader = reader
    this.#now = now
    this.#classifier = new ResponseClassifier(reader, source.resourceServer?.placement)
    // One closure for all calls.
    this.#ask = (request) => source.token(request)
  }

  /** Sends the request, in the tick of the call if a token is available. */
  send(call: Call<HttpResponse>): Promise<HttpResponse> {
    const token = this.#source.peek()
    if (token) return this.#send(call, token)
    return call.wait(this.#ask).then((late) => this.#send(call, late))
  }

  #send(call: Call<HttpResponse>, token: Token): Promise<HttpResponse> {
    const reader = this.#reader
    try {
      return call.send(token).then(
        (response) => {
          call.received?.(response)
          const status = reader.status(response)
          if (status < 400 && !reader.isAuthFailure) {
            if (status >= 200 && status < 300) call.breaker.recordSuccess(token)
            return response
          }
          return this.#handleRejection(call, { token, response, status })
        },
        (error: unknown) => {
          call.received?.(error)
          const response = reader.responseIn(error)
          if (response === undefined) throw error
          return this.#handleRejection(call, { token, response, status: reader.status(response), error })
        },
      )
    } catch (error) {
      // `send` threw, or returned something other than a promise.
      call.received?.(error)
      throw error
    }
  }

  /** Renews the token and replays the request if that may help; else returns the response as it is. */
  async #handleRejection(call: Call<HttpResponse>, attempt: Attempt<HttpResponse>): Promise<HttpResponse> {
    const { breaker } = call
    const skipped = await this.#classifier.classify(attempt, breaker.origin)
    if (skipped === 'not-rejected') {
      if (attempt.status >= 200 && attempt.status < 300) breaker.recordSuccess(attempt.token)
      return returnOriginal(attempt)
    }
    if (skipped) return this.#returnRejected(call, attempt, skipped)
    const current = this.#source.peek()
    const renewed = current !== undefined && current.accessToken !== attempt.token.accessToken
    if (!renewed && !this.#mayRenew(breaker, attempt.token)) return this.#returnRejected(call, attempt, 'breaker_open')
    if (!call.replayable()) {
      // The renewal serves later requests; this one does not wait for it.
      if (!renewed) this.#renewInBackground(attempt.token)
      return this.#returnRejected(call, attempt, 'body_used')
    }
    const next = renewed ? current : await this.#renew(call, attempt)
    return next ? this.#replay(call, attempt, next) : returnOriginal(attempt)
  }

  /** False for a token from a forced renewal that this origin has never accepted: another renewal would not help. */
  #mayRenew(breaker: OriginBreaker, rejected: Token): boolean {
    const permission = breaker.permission(rejected, this.#forced, this.#now())
    if (permission === 'tripped') {
      const { origin, openUntil: retryAt } = breaker
      const { generation, fingerprint } = rejected
      this.#source.notify?.('rejected-fresh', { origin, retryAt, generation, fingerprint })
    }
    return permission === 'allowed'
  }

  #renewInBackground(rejected: Token): void {
    this.#source.renew(rejected).then(
      ({ accessToken }) => {
        this.#forced = accessToken
      },
      () => undefined,
    )
  }

  /** A new token; undefined when none is available for now and the response is returned. */
  async #renew(
    call: Call<HttpResponse>,
    { token, response, error }: Attempt<HttpResponse>,
  ): Promise<Token | undefined> {
    this.#reader.drain(response)
    try {
      const next = await call.wait((request) => this.#source.renew(token, request))
      this.#forced = next.accessToken
      return next
    } catch (cause) {
      if (!isTokenError(cause) || NEEDS_APPLICATION.has(cause.code)) throw cause
      this.#reader.attachCause(response, error, cause)
      return undefined
    }
  }

  /** The outcome of a replay is final. */
  async #replay(call: Call<HttpResponse>, attempt: Attempt<HttpResponse>, token: Token): Promise<HttpResponse> {
    const { breaker } = call
    const { generation, fingerprint } = token
    this.#reader.discard(attempt.response)
    this.#source.notify?.('replayed', { origin: breaker.origin, generation, fingerprint })
    try {
      const response = await call.send(token)
      call.received?.(response)
      breaker.recordReplay(token, this.#reader.status(response))
      return response
    } catch (error) {
      call.received?.(error)
      const response = this.#reader.responseIn(error)
      if (response) breaker.recordReplay(token, this.#reader.status(response))
      throw error
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

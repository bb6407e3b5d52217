// The algorithm shared by both clients: attach the token, send, classify the response, renew, send once more. It knows no HTTP
// client, no grant and no token state.
import { isTokenError, type TokenErrorCode } from '../errors.ts'
import type { SkipReason } from '../token/events.ts'
import type { GetTokenOptions, TokenSource } from '../token/token-source.ts'
import type { Token } from '../token/token.ts'
import { type Attempt, type ResponseReader, ResponseClassifier } from './classify-response.ts'
import type { OriginBreaker } from './origin-breaker.ts'

/** One call of the client. */
export interface Call<Answer> {
  readonly breaker: OriginBreaker
  /** Sends the request with this token. */
  send(token: Token): Promise<Answer>
  /** Told what `send` resolved or rejected with, before anyone else is. */
  received?(outcome: unknown): void
  /** Whether it can be sent twice. */
  replayable(): boolean
  /** Asks for a token, for as long as the caller waits. */
  wait(ask: (request: GetTokenOptions) => Promise<Token>): Promise<Token>
}

export class BearerRequests<Answer> {
  readonly #source: TokenSource
  readonly #responses: ResponseReader<Answer>
  readonly #now: () => number
  readonly #classifier: ResponseClassifier<Answer>
  readonly #ask: (request: GetTokenOptions) => Promise<Token>
  /** The access token of the latest forced renewal. */
  #forced: string | undefined

  constructor(source: TokenSource, client: ResponseReader<Answer>, now: () => number = Date.now) {
    this.#source = source
    this.#responses = client
    this.#now = now
    this.#classifier = new ResponseClassifier(client, source.resourceServer?.placement)
    // One for all who wait.
    this.#ask = (request) => source.token(request)
  }

  /** With a token at hand the request leaves in the tick of the call. */
  send(call: Call<Answer>): Promise<Answer> {
    const token = this.#source.peek()
    if (token) return this.#send(call, token)
    return call.wait(this.#ask).then((late) => this.#send(call, late))
  }

  #send(call: Call<Answer>, token: Token): Promise<Answer> {
    const client = this.#responses
    try {
      return call.send(token).then(
        (answer) => {
          call.received?.(answer)
          const status = client.status(answer)
          if (status < 400 && !client.isAuthFailure) {
            if (status >= 200 && status < 300) call.breaker.recordSuccess(token)
            return answer
          }
          return this.#handleRejection(call, { token, answer, status })
        },
        (error: unknown) => {
          call.received?.(error)
          const answer = client.responseIn(error)
          if (answer === undefined) throw error
          return this.#handleRejection(call, { token, answer, status: client.status(answer), error })
        },
      )
    } catch (error) {
      // Also of what is no promise.
      call.received?.(error)
      throw error
    }
  }

  /** Sends once more where that can help; else the answer goes back as it came. */
  async #handleRejection(call: Call<Answer>, attempt: Attempt<Answer>): Promise<Answer> {
    const { breaker: breaker } = call
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
      // The next caller gets a new token all the same; nobody waits for it here.
      if (!renewed) this.#renewInBackground(attempt.token)
      return this.#returnRejected(call, attempt, 'body_used')
    }
    const next = renewed ? current : await this.#renew(call, attempt)
    return next ? this.#replay(call, attempt, next) : returnOriginal(attempt)
  }

  /** A token fresh from a forced renewal that this origin has never accepted is not renewed again: that would not help. */
  #mayRenew(breaker: OriginBreaker, rejected: Token): boolean {
    const permission = breaker.permission(rejected, this.#forced, this.#now())
    if (permission === 'opened') {
      const { origin, openUntil: retryAt } = breaker
      const { generation, fingerprint } = rejected
      this.#source.notify?.('rejected-fresh', { origin, retryAt, generation, fingerprint })
    }
    return permission === 'renew'
  }

  #renewInBackground(rejected: Token): void {
    this.#source.renew(rejected).then(
      ({ accessToken }) => {
        this.#forced = accessToken
      },
      () => undefined,
    )
  }

  /** A new token, or undefined when none could be had for now and the answer goes back. */
  async #renew(call: Call<Answer>, { token, answer, error }: Attempt<Answer>): Promise<Token | undefined> {
    this.#responses.drain(answer)
    try {
      const next = await call.wait((request) => this.#source.renew(token, request))
      this.#forced = next.accessToken
      return next
    } catch (cause) {
      if (!isTokenError(cause) || NEEDS_APPLICATION.has(cause.code)) throw cause
      this.#responses.attachCause(answer, error, cause)
      return undefined
    }
  }

  /** Whatever comes back is final. */
  async #replay(call: Call<Answer>, attempt: Attempt<Answer>, token: Token): Promise<Answer> {
    const { breaker: breaker } = call
    const { generation, fingerprint } = token
    this.#responses.discard(attempt.answer)
    this.#source.notify?.('replayed', { origin: breaker.origin, generation, fingerprint })
    try {
      const answer = await call.send(token)
      call.received?.(answer)
      breaker.recordReplay(token, this.#responses.status(answer))
      return answer
    } catch (error) {
      call.received?.(error)
      const answer = this.#responses.responseIn(error)
      if (answer) breaker.recordReplay(token, this.#responses.status(answer))
      throw error
    }
  }

  #returnRejected({ breaker: breaker }: Call<Answer>, attempt: Attempt<Answer>, reason: SkipReason): Answer {
    this.#source.notify?.('replay-skipped', { reason, origin: breaker.origin, status: attempt.status })
    return returnOriginal(attempt)
  }
}

/** Only a person, or a new grant, helps: the caller is told so instead of being given the 401. */
const NEEDS_APPLICATION: ReadonlySet<TokenErrorCode> = new Set(['ERR_REAUTHENTICATION_REQUIRED', 'ERR_PROMPT_REQUIRED'])

function returnOriginal<Answer>({ answer, error }: Attempt<Answer>): Answer {
  if (error !== undefined) throw error as Error
  return answer
}

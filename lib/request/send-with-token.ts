// The algorithm shared by both clients: attach the token, send, classify the response, renew, send once more. It knows no HTTP
// client, no grant and no token state.
import { isTokenError, type TokenErrorCode } from '../errors.ts'
import type { SkipReason } from '../token/events.ts'
import type { TokenRequest, TokenSource } from '../token/token-source.ts'
import type { Token } from '../token/token.ts'
import { type Attempt, type Client, Judge } from './classify-response.ts'
import type { Standing } from './origin-breaker.ts'

/** One call of the client. */
export interface Call<Answer> {
  readonly standing: Standing
  /** Sends the request with this token. */
  send(token: Token): Promise<Answer>
  /** Told what `send` resolved or rejected with, before anyone else is. */
  received?(outcome: unknown): void
  /** Whether it can be sent twice. */
  replayable(): boolean
  /** Asks for a token, for as long as the caller waits. */
  wait(ask: (request: TokenRequest) => Promise<Token>): Promise<Token>
}

export class Exchange<Answer> {
  readonly #source: TokenSource
  readonly #client: Client<Answer>
  readonly #now: () => number
  readonly #judge: Judge<Answer>
  readonly #ask: (request: TokenRequest) => Promise<Token>
  /** The access token of the latest forced renewal. */
  #forced: string | undefined

  constructor(source: TokenSource, client: Client<Answer>, now: () => number = Date.now) {
    this.#source = source
    this.#client = client
    this.#now = now
    this.#judge = new Judge(client, source.site?.placement)
    // One for all who wait.
    this.#ask = (request) => source.token(request)
  }

  /** With a token at hand the request leaves in the tick of the call. */
  run(call: Call<Answer>): Promise<Answer> {
    const token = this.#source.peek()
    if (token) return this.#send(call, token)
    return call.wait(this.#ask).then((late) => this.#send(call, late))
  }

  #send(call: Call<Answer>, token: Token): Promise<Answer> {
    const client = this.#client
    try {
      return call.send(token).then(
        (answer) => {
          call.received?.(answer)
          const status = client.status(answer)
          if (status < 400 && !client.isAuthFailure) {
            if (status >= 200 && status < 300) call.standing.accept(token)
            return answer
          }
          return this.#recover(call, { token, answer, status })
        },
        (error: unknown) => {
          call.received?.(error)
          const answer = client.answerIn(error)
          if (answer === undefined) throw error
          return this.#recover(call, { token, answer, status: client.status(answer), error })
        },
      )
    } catch (error) {
      // Also of what is no promise.
      call.received?.(error)
      throw error
    }
  }

  /** Sends once more where that can help; else the answer goes back as it came. */
  async #recover(call: Call<Answer>, attempt: Attempt<Answer>): Promise<Answer> {
    const { standing } = call
    const skipped = await this.#judge.judge(attempt, standing.origin)
    if (skipped === 'welcome') {
      if (attempt.status >= 200 && attempt.status < 300) standing.accept(attempt.token)
      return giveBack(attempt)
    }
    if (skipped) return this.#skip(call, attempt, skipped)
    const current = this.#source.peek()
    const renewed = current !== undefined && current.accessToken !== attempt.token.accessToken
    if (!renewed && !this.#mayRenew(standing, attempt.token)) return this.#skip(call, attempt, 'breaker_open')
    if (!call.replayable()) {
      // The next caller gets a new token all the same; nobody waits for it here.
      if (!renewed) this.#renewBehind(attempt.token)
      return this.#skip(call, attempt, 'body_used')
    }
    const next = renewed ? current : await this.#renew(call, attempt)
    return next ? this.#replay(call, attempt, next) : giveBack(attempt)
  }

  /** A token fresh from a forced renewal that this origin has never accepted is not renewed again: that would not help. */
  #mayRenew(standing: Standing, rejected: Token): boolean {
    const allowance = standing.allow(rejected, this.#forced, this.#now())
    if (allowance === 'opened') {
      const { origin, openUntil: retryAt } = standing
      const { generation, fingerprint } = rejected
      this.#source.notify?.('rejected-fresh', { origin, retryAt, generation, fingerprint })
    }
    return allowance === 'renew'
  }

  #renewBehind(rejected: Token): void {
    this.#source.renew(rejected).then(
      ({ accessToken }) => {
        this.#forced = accessToken
      },
      () => undefined,
    )
  }

  /** A new token, or undefined when none could be had for now and the answer goes back. */
  async #renew(call: Call<Answer>, { token, answer, error }: Attempt<Answer>): Promise<Token | undefined> {
    this.#client.drain(answer)
    try {
      const next = await call.wait((request) => this.#source.renew(token, request))
      this.#forced = next.accessToken
      return next
    } catch (cause) {
      if (!isTokenError(cause) || TERMINAL.has(cause.code)) throw cause
      this.#client.blame(answer, error, cause)
      return undefined
    }
  }

  /** Whatever comes back is final. */
  async #replay(call: Call<Answer>, attempt: Attempt<Answer>, token: Token): Promise<Answer> {
    const { standing } = call
    const { generation, fingerprint } = token
    this.#client.discard(attempt.answer)
    this.#source.notify?.('replayed', { origin: standing.origin, generation, fingerprint })
    try {
      const answer = await call.send(token)
      call.received?.(answer)
      standing.answeredAgain(token, this.#client.status(answer))
      return answer
    } catch (error) {
      call.received?.(error)
      const answer = this.#client.answerIn(error)
      if (answer) standing.answeredAgain(token, this.#client.status(answer))
      throw error
    }
  }

  #skip({ standing }: Call<Answer>, attempt: Attempt<Answer>, reason: SkipReason): Answer {
    this.#source.notify?.('skipped', { reason, origin: standing.origin, status: attempt.status })
    return giveBack(attempt)
  }
}

/** Only a person, or a new grant, helps: the caller is told so instead of being given the 401. */
const TERMINAL: ReadonlySet<TokenErrorCode> = new Set(['ERR_REAUTHENTICATION_REQUIRED', 'ERR_PROMPT_REQUIRED'])

function giveBack<Answer>({ answer, error }: Attempt<Answer>): Answer {
  if (error !== undefined) throw error as Error
  return answer
}

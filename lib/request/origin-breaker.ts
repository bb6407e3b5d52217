// Circuit breaker per origin: it opens when an origin rejects two tokens from forced renewals and accepts none in between. A further
// renewal would not help.
import type { Token } from '../token/token.ts'

const FIRST_PAUSE_MS = 30_000
const MAX_PAUSE_MS = 300_000
// In place of a pause: one fresh token was rejected, which may be chance.
const WARNED = -1

/** Whether a 401 may cause a renewal. `tripped`: it may not, and the breaker has opened just now. */
type Permission = 'allowed' | 'tripped' | 'denied'

export class OriginBreaker {
  readonly origin: string
  #accepted: Token | undefined
  #pauseMs = 0
  #openUntil = 0
  /** The access token whose rejection set the warning; undefined if a replay set it. */
  #warnedBy: string | undefined

  constructor(origin: string) {
    this.origin = origin
  }

  /** Records a 2xx response. On the hot path: two stores. */
  recordSuccess(token: Token): void {
    this.#accepted = token
    this.#pauseMs = 0
  }

  /** Records the response to the replay of a request. */
  recordReplay(token: Token, status: number): void {
    if (status >= 200 && status < 300) this.recordSuccess(token)
    else if (status === 401 && this.#pauseMs <= 0) {
      this.#pauseMs = WARNED
      this.#warnedBy = undefined
    }
  }

  /** Epoch milliseconds until which no renewal is forced. */
  get openUntil(): number {
    return this.#openUntil
  }

  /** `forced`: the access token of the latest forced renewal. */
  permission(rejected: Token, forced: string | undefined, now: number): Permission {
    if (this.#pauseMs > 0) {
      if (now < this.#openUntil) return 'denied'
      // Half-open: one renewal is allowed after each pause.
      this.#trip(Math.min(MAX_PAUSE_MS, this.#pauseMs * 2), now)
      return 'allowed'
    }
    if (rejected.accessToken !== forced || this.#accepted?.accessToken === forced) return 'allowed'
    if (this.#pauseMs !== WARNED || this.#warnedBy === forced) {
      this.#pauseMs = WARNED
      this.#warnedBy = forced
      return 'allowed'
    }
    this.#trip(FIRST_PAUSE_MS, now)
    return 'tripped'
  }

  #trip(pauseMs: number, now: number): void {
    this.#pauseMs = pauseMs
    this.#openUntil = now + pauseMs
  }
}

// Circuit breaker per origin: when an origin refuses two tokens that come from forced renewals, and accepts none in between,
// renewing again would not help.
import type { Token } from '../token/token.ts'

const FIRST_PAUSE = 30_000
const LONGEST_PAUSE = 300_000
// In place of a pause: a fresh token was refused, which may be chance.
const WARNED = -1

/** Whether a 401 may cause a renewal. */
type Permission = 'renew' | 'opened' | 'open'

export class OriginBreaker {
  readonly origin: string
  #accepted: Token | undefined
  #pause = 0
  #openUntil = 0
  /** The access token whose refusal was the first warning; none where it was that of a request sent once more. */
  #warnedBy: string | undefined

  constructor(origin: string) {
    this.origin = origin
  }

  /** The origin answered 2xx. On the hot path: two stores. */
  recordSuccess(token: Token): void {
    this.#accepted = token
    this.#pause = 0
  }

  /** What the request was answered that the token was renewed for. */
  recordReplay(token: Token, status: number): void {
    if (status >= 200 && status < 300) this.recordSuccess(token)
    else if (status === 401 && this.#pause <= 0) {
      this.#pause = WARNED
      this.#warnedBy = undefined
    }
  }

  /** Epoch milliseconds until which no renewal is forced. */
  get openUntil(): number {
    return this.#openUntil
  }

  /** `forced`: the access token of the latest forced renewal. */
  permission(rejected: Token, forced: string | undefined, now: number): Permission {
    if (this.#pause > 0) {
      if (now < this.#openUntil) return 'open'
      // After each pause one renewal is let through, to see whether things have changed.
      this.#trip(Math.min(LONGEST_PAUSE, this.#pause * 2), now)
      return 'renew'
    }
    if (rejected.accessToken !== forced || this.#accepted?.accessToken === forced) return 'renew'
    if (this.#pause !== WARNED || this.#warnedBy === forced) {
      this.#pause = WARNED
      this.#warnedBy = forced
      return 'renew'
    }
    this.#trip(FIRST_PAUSE, now)
    return 'opened'
  }

  #trip(pause: number, now: number): void {
    this.#pause = pause
    this.#openUntil = now + pause
  }
}

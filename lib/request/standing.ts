// How tokens have fared at one origin, and the breaker that follows from it: where a token fresh from a forced renewal is refused,
// renewing again would not help.
import type { Token } from '../token/token.ts'

const FIRST_PAUSE = 30_000
const LONGEST_PAUSE = 300_000

/** Whether a 401 may cause a renewal. */
export type Allowance = 'renew' | 'opened' | 'open'

export class Standing {
  readonly origin: string
  #accepted: Token | undefined
  #pause = 0
  #openUntil = 0

  constructor(origin: string) {
    this.origin = origin
  }

  /** The origin answered 2xx. On the hot path: two stores. */
  accept(token: Token): void {
    this.#accepted = token
    this.#pause = 0
  }

  /** Epoch milliseconds until which no renewal is forced. */
  get openUntil(): number {
    return this.#openUntil
  }

  /** `forced`: the access token of the latest forced renewal. */
  allow(rejected: Token, forced: string | undefined, now: number): Allowance {
    if (this.#pause > 0) {
      if (now < this.#openUntil) return 'open'
      // After each pause one renewal is let through, to see whether things have changed.
      this.#close(Math.min(LONGEST_PAUSE, this.#pause * 2), now)
      return 'renew'
    }
    if (rejected.accessToken !== forced || this.#accepted?.accessToken === forced) return 'renew'
    this.#close(FIRST_PAUSE, now)
    return 'opened'
  }

  #close(pause: number, now: number): void {
    this.#pause = pause
    this.#openUntil = now + pause
  }
}

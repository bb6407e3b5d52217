// Limits renewals that resource servers cause by rejecting tokens: a circuit breaker per origin, and one budget. Kept with the session,
// for all its clients.
import type { Clock } from '../util/clock.ts'
import { isLoopbackOrigin } from '../util/url.ts'
import type { SkipReason } from './events.ts'
import type { Token } from './token.ts'

const FIRST_PAUSE_MS = 30_000
const MAX_PAUSE_MS = 300_000

/** Renewals of tokens younger than `YOUNG_MS` that may be forced at once, and the time after which one more may be. */
const BUDGET = 3
const REFILL_MS = 30_000
const YOUNG_MS = 60_000

/** Enough for the tokens of a few scopes: older ones are no longer sent. */
const FORCED_KEPT = 16

/** The breakers of one token source, by origin. */
export class OriginBreakers {
  readonly clock: Clock
  readonly #breakers = new Map<string, OriginBreaker>()
  /** Access tokens of the latest forced renewals. */
  readonly #forced = new Set<string>()
  #budget = BUDGET
  #refilledAt = -Infinity
  /** The young token that was last paid for. */
  #paidFor: string | undefined

  constructor(clock: Clock) {
    this.clock = clock
  }

  at(origin: string): OriginBreaker {
    const existing = this.#breakers.get(origin)
    if (existing) return existing
    const breaker = new OriginBreaker(origin, this)
    this.#breakers.set(origin, breaker)
    return breaker
  }

  /** Remembers the result of a forced renewal. */
  recordForced({ accessToken }: Token): void {
    this.#forced.delete(accessToken)
    this.#forced.add(accessToken)
    if (this.#forced.size <= FORCED_KEPT) return
    for (const oldest of this.#forced) {
      this.#forced.delete(oldest)
      return
    }
  }

  isForced({ accessToken }: Token): boolean {
    return this.#forced.has(accessToken)
  }

  /** Whether the budget allows a renewal of this token; a young one is paid for once. */
  pay({ accessToken, obtainedAt }: Token): boolean {
    if (accessToken === this.#paidFor || this.clock.now() - obtainedAt >= YOUNG_MS) return true
    const now = this.clock.monotonic()
    this.#budget = Math.min(BUDGET, this.#budget + (now - this.#refilledAt) / REFILL_MS)
    this.#refilledAt = now
    if (this.#budget < 1) return false
    this.#budget -= 1
    this.#paidFor = accessToken
    return true
  }
}

/** Opens when an origin rejects two different tokens from forced renewals and accepts none in between. */
export class OriginBreaker {
  readonly origin: string
  readonly isLoopback: boolean
  readonly #all: OriginBreakers
  #accepted: Token | undefined
  /** The access token from a forced renewal that was rejected, with none accepted since. */
  #rejected: string | undefined
  /** Milliseconds; 0 while closed. */
  #pause = 0
  /** On the monotonic clock. */
  #openUntil = 0
  /** Whether one renewal was allowed after the pause, and its token has been neither accepted nor rejected. */
  #isTried = false

  constructor(origin: string, all: OriginBreakers) {
    this.origin = origin
    this.isLoopback = isLoopbackOrigin(origin)
    this.#all = all
  }

  /** Epoch milliseconds until which no renewal is forced, whole ones as the clock's: the monotonic clock has fractions. */
  get retryAt(): number {
    const { clock } = this.#all
    return Math.ceil(clock.now() + this.#openUntil - clock.monotonic())
  }

  /** Records that the origin has accepted the token; true if that closes the breaker. On the hot path: two stores. */
  accept(token: Token): boolean {
    this.#accepted = token
    this.#rejected = undefined
    if (this.#pause === 0) return false
    this.#pause = 0
    return true
  }

  /** Records that the origin has rejected the token; true if that opens the breaker. */
  reject(token: Token): boolean {
    const { accessToken } = token
    if (!this.#all.isForced(token) || this.#accepted?.accessToken === accessToken) return false
    if (this.#pause > 0) {
      const isTried = this.#isTried
      this.#isTried = false
      return isTried
    }
    this.#rejected ??= accessToken
    if (this.#rejected === accessToken) return false
    this.#open(FIRST_PAUSE_MS)
    return true
  }

  /** Whether the token may be renewed by force; else the reason why not. */
  permission(rejected: Token): SkipReason | undefined {
    const isOpen = this.#pause > 0
    if (isOpen && this.#all.clock.monotonic() < this.#openUntil) return 'breaker_open'
    if (!this.#all.pay(rejected)) return 'budget_spent'
    if (isOpen) {
      // Half-open: one renewal is allowed after each pause.
      this.#open(Math.min(MAX_PAUSE_MS, this.#pause * 2))
      this.#isTried = true
    }
    return undefined
  }

  recordForced(token: Token): void {
    this.#all.recordForced(token)
  }

  #open(pause: number): void {
    this.#pause = pause
    this.#openUntil = this.#all.clock.monotonic() + pause
  }
}

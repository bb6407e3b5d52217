// Circuit breaker before the token endpoint, of this process alone.
import { type TokenError, withRetryAt } from '../errors.ts'
import type { Clock } from '../util/clock.ts'
import type { Emitter } from './events.ts'
import { backoff, type BreakerState, type Timing } from './schedule.ts'
import type { Failure } from './token-grant.ts'

/** The longest pause where nobody was reached, in milliseconds: the network comes back at any moment. */
const OFFLINE_PAUSE_MAX = 5_000

export class EndpointBreaker {
  readonly #clock: Clock
  readonly #timing: Timing
  readonly #events: Emitter
  /** Whether a pause was told, and not yet its end. */
  #isTold = false
  #failures = 0
  /** On the monotonic clock. */
  #openUntil = 0
  #error: TokenError | undefined
  #dead = false
  #asked = false
  #signedOut = false
  #awaitsOnline = false

  constructor(clock: Clock, timing: Timing, events: Emitter) {
    this.#clock = clock
    this.#timing = timing
    this.#events = events
  }

  get state(): BreakerState {
    if (this.#dead) return 'dead'
    return this.#error && this.#clock.monotonic() < this.#openUntil ? 'open' : 'closed'
  }

  /** The failure that opened it. */
  get error(): TokenError | undefined {
    return this.#error
  }

  /** Whether it is open for good because nobody has begun a session. */
  get isSignedOut(): boolean {
    return this.#signedOut
  }

  /** True until a failure follows a success: only then does a renewal make more than one attempt. */
  get isUntried(): boolean {
    return this.#failures === 0
  }

  reset(): void {
    this.#failures = 0
    this.#openUntil = 0
    this.#error = undefined
    this.#dead = false
    this.#signedOut = false
    this.#tellClosed()
  }

  /**
   * Opens for a while: by backoff or as the server says after a transient failure, briefly after a configuration error. Gives the length
   * of the pause; `before`: that of the pause which other members shared last.
   */
  trip({ kind, error, retryAfter }: Failure, notSent: boolean, before = 0): number {
    const { configurationPauseMin: min, configurationPauseMax: max, backoffBase } = this.#timing
    const random = this.#clock.random()
    if (before > 0)
      this.#failures = Math.max(this.#failures, Math.round(Math.log2(before / Math.max(1, backoffBase))) + 1)
    const drawn = kind === 'configuration' ? min + random * (max - min) : backoff(this.#failures, this.#timing, random)
    const pause = retryAfter ?? (notSent ? Math.min(drawn, OFFLINE_PAUSE_MAX) : drawn)
    this.#failures += 1
    this.#asked = retryAfter !== undefined
    this.#open(error, pause)
    if (notSent) this.#awaitOnline()
    return pause
  }

  /** Opens for the rest of a pause that another member has begun. */
  join(error: TokenError, pause: number): TokenError {
    this.#asked = false
    this.#open(error, pause)
    return error
  }

  /** Opens for good, until something new is adopted, cleared or found. */
  tripForGood(error: TokenError, signedOut = false): TokenError {
    this.#dead = true
    this.#signedOut = signedOut
    this.#error = error
    this.#tellClosed()
    return error
  }

  /** Ends a pause, but for one that the server asked for. */
  retryNow(): void {
    if (this.#signedOut) this.reset()
    if (this.#dead || this.#asked) return
    this.#openUntil = 0
    this.#tellClosed()
  }

  /** Ends the pause when a browser is online again. */
  #awaitOnline(): void {
    const { addEventListener } = globalThis as { readonly addEventListener?: typeof globalThis.addEventListener }
    if (this.#awaitsOnline || typeof addEventListener !== 'function') return
    this.#awaitsOnline = true
    const self = new WeakRef(this)
    const online = (): void => {
      const breaker = self.deref()
      if (!breaker) return
      breaker.#awaitsOnline = false
      breaker.retryNow()
    }
    addEventListener.call(globalThis, 'online', online, { once: true })
  }

  #open(error: TokenError, pause: number): void {
    // A pause is drawn with fractions; an instant has whole milliseconds.
    const retryAt = Math.ceil(this.#clock.now() + pause)
    this.#openUntil = this.#clock.monotonic() + pause
    this.#error = withRetryAt(error, retryAt)
    this.#isTold = true
    this.#events.emit('breaker-opened', () => ({ breaker: 'token-endpoint', retryAt }))
  }

  #tellClosed(): void {
    if (!this.#isTold) return
    this.#isTold = false
    this.#events.emit('breaker-closed', () => ({ breaker: 'token-endpoint' }))
  }
}

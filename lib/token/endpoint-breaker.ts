import { type TokenError, withRetryAt } from '../errors.ts'
import type { Failure } from '../token-endpoint/outcome.ts'
import type { Clock } from '../util/clock.ts'
import { backoff, type Gate, type Timing } from './schedule.ts'

/** Remembers how renewal has been failing, and so whether the token endpoint may be asked now. */
export class EndpointBreaker {
  readonly #clock: Clock
  readonly #timing: Timing
  #failures = 0
  #closedAt = 0
  #retryAt = 0
  #error: TokenError | undefined
  #dead = false

  constructor(clock: Clock, timing: Timing) {
    this.#clock = clock
    this.#timing = timing
  }

  state(now: number): Gate {
    if (this.#dead) return 'dead'
    // A clock that was turned back must not prolong the wait.
    return this.#error && now >= this.#closedAt && now < this.#retryAt ? 'backoff' : 'open'
  }

  /** The failure that closed the gate. */
  get error(): TokenError | undefined {
    return this.#error
  }

  /** True until a failure follows a success: only then does a flight try more than once. */
  get isClosed(): boolean {
    return this.#failures === 0
  }

  reset(): void {
    this.#failures = 0
    this.#retryAt = 0
    this.#error = undefined
    this.#dead = false
  }

  /** Closes for a while: by backoff or as the server says after a transient failure, briefly after a configuration error. */
  trip({ kind, error, retryAfter }: Failure): TokenError {
    const { configurationPauseMin: min, configurationPauseMax: max } = this.#timing
    const random = this.#clock.random()
    const pause = kind === 'configuration' ? min + random * (max - min) : backoff(this.#failures, this.#timing, random)
    this.#failures += 1
    this.#closedAt = this.#clock.now()
    this.#retryAt = this.#closedAt + (retryAfter ?? pause)
    this.#error = withRetryAt(error, this.#retryAt)
    return error
  }

  /** Closes for good, until something new is adopted, cleared or found. */
  tripForGood(error: TokenError): TokenError {
    this.#dead = true
    this.#error = error
    return error
  }
}

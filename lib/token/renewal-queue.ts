// Renewals under way and those who wait for them: callers share one promise per key, and the turns of the manager, or of its pool, decide
// when its job starts.

/** Identifies a flight: an object of the caller's, typed by what lands. */
type FlightKey<T> = object & { readonly lands?: T }

/** A renewal under way and those who wait for it. */
export interface Flight<T> {
  /** Always handled: a flight in the background that fails is never unhandled. */
  readonly promise: Promise<T>
  waiters: number
  /** When the first caller began to wait, on the monotonic clock. */
  waitingSince?: number
}

/** A flight that is to begin. */
export interface QueuedRenewal {
  readonly id: string
  /** Somebody waits for it. */
  urgent: boolean
}

/** The order in which jobs begin. */
export interface Turns {
  /** Runs a job in its turn: no two of one spender at the same time, so that a rotating refresh token is spent once. */
  take<T>(renewal: QueuedRenewal, spender: object, job: () => Promise<T>): Promise<T>
  /** Somebody waits now for a renewal that began in the background. */
  prioritise(renewal: QueuedRenewal): void
  /** Derives a key: few at a time, for each keeps a thread of the process busy. */
  derive<T>(job: () => Promise<T>): Promise<T>
}

export class RenewalQueue {
  readonly #flights = new Map<object, Flight<unknown> & QueuedRenewal>()
  readonly #turns: Turns
  #started = 0

  constructor(turns: Turns) {
    this.#turns = turns
  }

  /** The flight of `key` that is under way. */
  flight<T>(key: FlightKey<T>): Flight<T> | undefined {
    return this.#flights.get(key) as Flight<T> | undefined
  }

  /** Starts the flight of `key`, in its turn among those of the `spender`. The job bounds itself in time. */
  start<T>(key: FlightKey<T>, spender: object, urgent: boolean, job: () => Promise<T>): Flight<T> {
    const id = String(this.#started++)
    let begin = (): void => undefined
    // Reacting to a promise here runs the job in the async context of whoever asked for it, whenever its turn comes.
    const done = new Promise<void>((resolve) => {
      begin = resolve
    }).then(job)
    done.catch(() => undefined)
    const inContext = (): Promise<T> => {
      begin()
      return done
    }
    const promise: Promise<T> = Promise.resolve()
      .then(() => this.#turns.take(flight, spender, inContext))
      .finally(() => {
        if (this.#flights.get(key) === flight) this.#flights.delete(key)
      })
    promise.catch(() => undefined)
    const flight: Flight<T> & QueuedRenewal = { id, promise, waiters: 0, urgent }
    this.#flights.set(key, flight)
    return flight
  }

  /** Derives a key, in its turn. */
  derive<T>(job: () => Promise<T>): Promise<T> {
    return this.#turns.derive(job)
  }

  /** Somebody waits now for a flight that began in the background. */
  prioritise(key: object): void {
    const flight = this.#flights.get(key)
    if (!flight || flight.urgent) return
    flight.urgent = true
    this.#turns.prioritise(flight)
  }

  /** Lets the flight of `key` go: it lands for those who wait, but the next caller starts another. */
  abandon(key: object): void {
    this.#flights.delete(key)
  }
}

/** Two: after `clear()` a new renewal need not wait for the one that was superseded. */
const MAX_RUNNING = 2

/** The turns of a manager that is in no pool. */
export class OwnTurns implements Turns {
  /** The jobs that run, by spender. */
  readonly #running = new Map<object, Promise<unknown>>()

  async take<T>(_renewal: QueuedRenewal, spender: object, job: () => Promise<T>): Promise<T> {
    for (;;) {
      const before = this.#running.get(spender)
      if (!before && this.#running.size < MAX_RUNNING) break
      await (before ?? Promise.race(this.#running.values()))
    }
    const running = job().finally(() => this.#running.delete(spender))
    this.#running.set(
      spender,
      running.catch(() => undefined),
    )
    return running
  }

  /** All renewals of a manager are of one session: none is before another. */
  prioritise(): void {
    return undefined
  }

  derive<T>(job: () => Promise<T>): Promise<T> {
    return job()
  }
}

// The only module that imports p-queue. A queue alone is no single flight: the job of every caller would run in turn. So callers
// share one promise per key, and the queues decide when its job starts: one at a time per refresh token, and a limited number in
// all.
import PQueue from 'p-queue'

/** Identifies a flight: an object of the caller's, typed by the flight's result. */
type FlightKey<T> = object & { readonly lands?: T }

/** A renewal under way and those who wait for it. */
export interface Flight<T> {
  /** Always handled: a flight in the background that fails is never unhandled. */
  readonly promise: Promise<T>
  waiters: number
  /** When the first caller began to wait, on the monotonic clock. */
  waitingSince?: number
}

interface QueuedRenewal<T> extends Flight<T> {
  readonly id: string
  urgent: boolean
  /** Waits for its turn among all the others. */
  queued: boolean
}

// Renewals that somebody waits for leave before those in the background.
const priority = (urgent: boolean): number => (urgent ? 1 : 0)

export class RenewalQueue {
  readonly #flights = new Map<object, QueuedRenewal<unknown>>()
  readonly #perRefreshToken = new Map<object, PQueue>()
  readonly #limit: PQueue
  readonly #derivations = new PQueue({ concurrency: 2 })
  #started = 0

  /** `concurrency`: how many token requests may be under way at once. */
  constructor(concurrency: number) {
    this.#limit = new PQueue({ concurrency })
  }

  /** The flight of `key` that is under way. */
  flight<T>(key: FlightKey<T>): Flight<T> | undefined {
    return this.#flights.get(key) as Flight<T> | undefined
  }

  /**
   * Starts the flight of `key`. No two jobs of one `spender` run at the same time, so that a rotating refresh token is spent once.
   * The job bounds itself in time.
   */
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
    const promise = Promise.resolve()
      .then(() => this.#inTurn(spender, () => this.#withinLimit(flight, inContext)))
      .finally(() => {
        if (this.#flights.get(key) === flight) this.#flights.delete(key)
      })
    promise.catch(() => undefined)
    const flight: QueuedRenewal<T> = { id, promise, waiters: 0, urgent, queued: false }
    this.#flights.set(key, flight)
    return flight
  }

  /** Derives a key: two at a time, for each keeps a thread of the process busy. */
  derive<T>(job: () => Promise<T>): Promise<T> {
    return this.#derivations.add(job)
  }

  /** Somebody waits now for a flight that began in the background. */
  prioritise(key: object): void {
    const flight = this.#flights.get(key)
    if (!flight || flight.urgent) return
    flight.urgent = true
    if (flight.queued) this.#limit.setPriority(flight.id, priority(true))
  }

  /** Lets the flight of `key` go: it lands for those who wait, but the next caller starts another. */
  abandon(key: object): void {
    this.#flights.delete(key)
  }

  #withinLimit<T>(flight: QueuedRenewal<T>, job: () => Promise<T>): Promise<T> {
    flight.queued = true
    return this.#limit.add(
      () => {
        flight.queued = false
        return job()
      },
      { id: flight.id, priority: priority(flight.urgent) },
    )
  }

  async #inTurn<T>(spender: object, job: () => Promise<T>): Promise<T> {
    const queue = this.#perRefreshToken.get(spender) ?? new PQueue({ concurrency: 1 })
    this.#perRefreshToken.set(spender, queue)
    try {
      return await queue.add(job)
    } finally {
      if (queue.size + queue.pending === 0) this.#perRefreshToken.delete(spender)
    }
  }
}

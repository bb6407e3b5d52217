// Timeouts and abort signals.
import { invalidOption } from '../errors.ts'
import type { Clock, Timer } from './clock.ts'

/** Settles as `work` does, unless `signal` aborts first: then with its reason, and what becomes of `work` is nobody's concern. */
export function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    work
      .finally(() => {
        signal.removeEventListener('abort', abort)
      })
      .then(resolve, reject)
  })
}

/** Waits so many milliseconds; rejects as soon as `signal` aborts. */
export async function sleep(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  let timer: Timer | undefined
  const due = new Promise<void>((resolve) => {
    timer = clock.after(ms, resolve)
  })
  await raceAbort(due, signal).finally(() => timer?.cancel())
}

interface WaitLimits {
  readonly signal?: AbortSignal | undefined
  /** Milliseconds. */
  readonly timeout?: number | undefined
  /** What to reject with when the time is up. */
  readonly onTimeout: () => Error
  /** Called when it was left before it settled. */
  readonly onLeave?: () => void
}

/** Why a caller is not to wait at all: gone already, or with bounds that are none. */
export function invalidWait(signal: AbortSignal | undefined, timeout: number | undefined): Error | undefined {
  if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function')
    return invalidOption('signal', 'an AbortSignal', signal)
  if (timeout !== undefined && !(timeout >= 0)) return invalidOption('timeout', 'milliseconds', timeout)
  return signal?.aborted === true ? (signal.reason as Error) : undefined
}

/** `promise`, unless the signal aborts or the time is up first. The promise goes on for others, and is handled. */
export function withTimeout<T>(
  promise: Promise<T>,
  clock: Clock,
  { signal, timeout, onTimeout, onLeave }: WaitLimits,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let timer: Timer | undefined
    const leave = (error: Error): void => {
      settle()
      onLeave?.()
      reject(error)
    }
    const abort = (): void => {
      leave(signal?.reason as Error)
    }
    const settle = (): void => {
      timer?.cancel()
      signal?.removeEventListener('abort', abort)
    }
    promise.then(
      (value) => {
        settle()
        resolve(value)
      },
      (error: unknown) => {
        settle()
        reject(error)
      },
    )
    if (signal?.aborted) {
      abort()
      return
    }
    signal?.addEventListener('abort', abort)
    if (timeout !== undefined) {
      timer = clock.after(timeout, () => {
        leave(onTimeout())
      })
    }
  })
}

/** The time a flight has. It runs whoever waits, stands still while a person is asked, and holds the process only while somebody waits. */
export class Deadline {
  readonly #controller = new AbortController()
  readonly #clock: Clock
  readonly #allowance: number
  #timer: Timer | undefined
  #held = false
  #endsAt = Infinity

  constructor(clock: Clock, allowance: number) {
    this.#clock = clock
    this.#allowance = allowance
    this.#start()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Epoch milliseconds. */
  get endsAt(): number {
    return this.#endsAt
  }

  /** Somebody waits: the process must not end before. */
  hold(): void {
    this.#held = true
    this.#timer?.hold()
  }

  /** Stops the clock for what a person does; the whole time is given again afterwards. */
  async suspend<T>(act: () => Promise<T>): Promise<T> {
    this.end()
    try {
      return await act()
    } finally {
      this.#start()
    }
  }

  end(): void {
    this.#timer?.cancel()
  }

  #start(): void {
    this.#endsAt = this.#clock.now() + this.#allowance
    this.#timer = this.#clock.after(this.#allowance, () => {
      this.#controller.abort(new Error('the flight ran out of time'))
    })
    if (this.#held) this.#timer.hold()
  }
}

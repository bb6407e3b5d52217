// Timeouts and abort signals.
import { invalidOption } from '../errors.ts'
import type { Clock, Timer } from './clock.ts'

// Signals of React Native, of the package abort-controller, have neither `reason` nor `throwIfAborted`.

/** The reason of an aborted signal, or an AbortError where the platform keeps none. */
export function abortReason({ reason }: AbortSignal): unknown {
  return reason === undefined ? Object.assign(new Error('aborted'), { name: 'AbortError' }) : reason
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortReason(signal)
}

/** Aborts with a reason that the signal keeps on any platform. */
export function abortWith(controller: AbortController, reason: unknown): void {
  if (!('reason' in controller.signal)) Object.defineProperty(controller.signal, 'reason', { value: reason })
  controller.abort(reason)
}

const listening = new WeakMap<AbortSignal, { readonly acts: Set<() => void>; readonly aborted: () => void }>()

/** Calls back when the signal aborts. All calls share one listener: Node warns of more than ten. Gives the function that ends it. */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  let shared = listening.get(signal)
  if (!shared) {
    const acts = new Set<() => void>()
    const aborted = (): void => {
      for (const each of acts) each()
    }
    listening.set(signal, (shared = { acts, aborted }))
    signal.addEventListener('abort', aborted)
  }
  const { acts, aborted } = shared
  acts.add(act)
  return () => {
    if (!acts.delete(act) || acts.size > 0) return
    signal.removeEventListener('abort', aborted)
    listening.delete(signal)
  }
}

/** Settles as `work` does, or rejects with the reason of `signal` if that aborts first; the outcome of `work` is then ignored. */
export function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(abortReason(signal))
    }
    if (signal.aborted) abort()
    work.finally(onAbort(signal, abort)).then(resolve, reject)
  })
}

/** Resolves after `ms` milliseconds; rejects as soon as `signal` aborts. `hold` keeps the process alive meanwhile. */
export async function sleep(ms: number, clock: Clock, signal: AbortSignal | undefined, hold = false): Promise<void> {
  let timer: Timer | undefined
  const due = new Promise<void>((resolve) => {
    timer = clock.after(ms, resolve)
    if (hold) timer.hold()
  })
  await (signal ? raceAbort(due, signal) : due).finally(() => timer?.cancel())
}

interface WaitLimits {
  readonly signal?: AbortSignal | undefined
  /** Milliseconds. */
  readonly timeout?: number | undefined
  /** Makes the error for a timeout. */
  readonly onTimeout: () => Error
  /** Called when the wait ends before the promise settles. */
  readonly onLeave?: () => void
}

/** The error for a wait that must not begin: the signal has aborted, or a limit is invalid. */
export function invalidWait(signal: AbortSignal | undefined, timeout: number | undefined): Error | undefined {
  if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function')
    return invalidOption('signal', 'an AbortSignal', signal)
  if (timeout !== undefined && !(timeout >= 0)) return invalidOption('timeout', 'milliseconds, 0 or more', timeout)
  return signal?.aborted === true ? (abortReason(signal) as Error) : undefined
}

/** Settles as `promise` does, or rejects when the signal aborts or the time is up first. A later rejection of `promise` is handled. */
export function withTimeout<T>(
  promise: Promise<T>,
  clock: Clock,
  { signal, timeout, onTimeout, onLeave }: WaitLimits,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let timer: Timer | undefined
    let release = (): void => undefined
    const leave = (error: Error): void => {
      settle()
      onLeave?.()
      reject(error)
    }
    const abort = (): void => {
      if (signal) leave(abortReason(signal) as Error)
    }
    const settle = (): void => {
      timer?.cancel()
      release()
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
    if (signal) release = onAbort(signal, abort)
    if (timeout !== undefined) {
      timer = clock.after(timeout, () => {
        leave(onTimeout())
      })
    }
  })
}

// A deadline timer that fires so late tells of a process that was stopped, or of a machine that slept.
const LATE_MS = 250
const GRACE_MS = 1_000

/** The time limit of a renewal. It is suspended during a prompt, and keeps the process alive only after `hold()`. */
export class Deadline {
  readonly #controller = new AbortController()
  readonly #clock: Clock
  readonly #ms: number
  #timer: Timer | undefined
  #held = false
  #endsAt = Infinity

  constructor(clock: Clock, ms: number) {
    this.#clock = clock
    this.#ms = ms
    this.#start()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Epoch milliseconds. */
  get endsAt(): number {
    return this.#endsAt
  }

  /** Keeps the process alive until the deadline. */
  hold(): void {
    this.#held = true
    this.#timer?.hold()
  }

  /** Stops the timer during a task; it restarts in full afterwards. */
  async suspend<T>(task: () => Promise<T>): Promise<T> {
    this.end()
    try {
      return await task()
    } finally {
      this.#start()
    }
  }

  end(): void {
    this.#timer?.cancel()
  }

  #start(): void {
    this.#endsAt = this.#clock.now() + this.#ms
    this.#wait(this.#ms, () => {
      const late = this.#clock.now() - this.#endsAt > LATE_MS
      // The process was stopped: the response may be in the socket.
      if (late) this.#wait(GRACE_MS, this.#abort)
      else this.#abort()
    })
  }

  #wait(ms: number, act: () => void): void {
    this.#timer = this.#clock.after(ms, act)
    if (this.#held) this.#timer.hold()
  }

  readonly #abort = (): void => {
    abortWith(this.#controller, new Error('the renewal exceeded its deadline'))
  }
}

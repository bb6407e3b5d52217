// Clocks, random numbers and timers, injectable so that specs can drive them.

/** Time, random numbers and timers. A test may inject its own. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Milliseconds from any moment, on a clock that nobody sets: it never goes back. */
  monotonic(): number
  /** A number from 0 up to, not including, 1. */
  random(): number
  /** Calls `callback` once after `ms` milliseconds. The timer is unref'ed until `hold()`. */
  after(ms: number, callback: () => void): Timer
}

/** A timer that {@link Clock.after} has started. */
export interface Timer {
  /** Keeps the process alive until the timer fires. */
  hold(): void
  /** Stops the timer: its callback is not called. */
  cancel(): void
}

// setTimeout fires at once for a longer time.
const MAX_TIMEOUT_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, MAX_TIMEOUT_MS))
    // A number in browsers, an object with ref() and unref() in Node.
    const handle = timer as { ref?(): void; unref?(): void } | number
    if (typeof handle === 'object') handle.unref?.()
    return {
      hold() {
        if (typeof handle === 'object') handle.ref?.()
      },
      cancel() {
        clearTimeout(timer)
      },
    }
  },
}

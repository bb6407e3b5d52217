// Clock, random numbers and timers, injectable so that specs can drive them.

/** What the engine knows of time and chance; give your own to drive them in a test. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** A number from 0 up to, not including, 1. */
  random(): number
  /** Calls `act` once, `ms` milliseconds from now. A timer holds the process only after `hold()`. */
  after(ms: number, act: () => void): Timer
}

/** A wait that has been set. */
export interface Timer {
  /** Somebody waits for this: the process must not end before. */
  hold(): void
  /** Nobody waits any more: nothing will act. */
  cancel(): void
}

// setTimeout fires at once for anything longer.
const LONGEST_TIMEOUT = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(ms, act) {
    const timer = setTimeout(act, Math.min(ms, LONGEST_TIMEOUT))
    // A number in browsers, an object with ref() and unref() in Node.
    const holder = timer as { ref?(): void; unref?(): void } | number
    if (typeof holder === 'object') holder.unref?.()
    return {
      hold() {
        if (typeof holder === 'object') holder.ref?.()
      },
      cancel() {
        clearTimeout(timer)
      },
    }
  },
}

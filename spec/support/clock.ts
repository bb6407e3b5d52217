// A clock that advances only when a spec says so: specs of hours take no time.
import type { Clock, Timer } from '../../lib/util/clock.ts'

interface Pending {
  readonly dueAt: number
  readonly act: () => void
  held: boolean
}

/** Runs the pending promise callbacks and one turn of the event loop. */
export function flush(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

export class VirtualClock implements Clock {
  /** The duration of each timer that was set, in milliseconds, in order. */
  readonly asked: number[] = []
  /** The result of `random()`, or a function that returns it. */
  chance: number | (() => number) = 0.5
  readonly #pending = new Set<Pending>()
  readonly #onTimer: (() => void)[] = []
  #elapsed = 0
  #startedAt: number

  constructor(startedAt = Date.UTC(2026, 0, 1)) {
    this.#startedAt = startedAt
  }

  now(): number {
    return this.#startedAt + this.#elapsed
  }

  monotonic(): number {
    return this.#elapsed
  }

  random(): number {
    return typeof this.chance === 'number' ? this.chance : this.chance()
  }

  after(ms: number, act: () => void): Timer {
    const pending: Pending = { dueAt: this.#elapsed + Math.max(0, ms), act, held: false }
    this.asked.push(ms)
    this.#pending.add(pending)
    this.#onTimer.splice(0).forEach((resolve) => {
      resolve()
    })
    return {
      hold: () => {
        pending.held = true
      },
      cancel: () => {
        this.#pending.delete(pending)
      },
    }
  }

  /** Resolves when a timer is set, e.g. after a response of a real server. */
  async timerSet(): Promise<void> {
    if (this.#pending.size > 0) return
    await new Promise<void>((resolve) => {
      this.#onTimer.push(resolve)
    })
  }

  /** Resolves when no timer is set: everything with a deadline has ended. */
  async timersDone(): Promise<void> {
    while (this.#pending.size > 0) await flush()
  }

  /** The number of timers. */
  get timers(): number {
    return this.#pending.size
  }

  /** The number of timers that keep the process alive. */
  get held(): number {
    return [...this.#pending].filter(({ held }) => held).length
  }

  /** Advances the time: timers fire in order, each followed by the callbacks that it causes. */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsed + ms
    await flush()
    for (let next = this.#next(); next && next.dueAt <= until; next = this.#next()) {
      await this.#fire(next)
    }
    this.#elapsed = until
    await flush()
  }

  /** Advances the time to the next timer; returns by how much, or undefined without a timer. */
  async advanceToNext(): Promise<number | undefined> {
    await flush()
    const before = this.#elapsed
    const next = this.#next()
    if (!next) return undefined
    await this.#fire(next)
    return this.#elapsed - before
  }

  /** Sets the time of day forward or back; timers are not affected. */
  turn(ms: number): void {
    this.#startedAt += ms
  }

  #next(): Pending | undefined {
    return [...this.#pending].sort((a, b) => a.dueAt - b.dueAt)[0]
  }

  async #fire(pending: Pending): Promise<void> {
    this.#pending.delete(pending)
    this.#elapsed = Math.max(this.#elapsed, pending.dueAt)
    pending.act()
    await flush()
  }
}

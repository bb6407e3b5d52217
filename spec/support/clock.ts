// A clock that stands still until it is told to go on, so that specs are about hours and take no time.
import type { Clock, Timer } from '../../lib/util/clock.ts'

interface Pending {
  readonly dueAt: number
  readonly act: () => void
  held: boolean
}

/** Lets everything that is ready happen: promise callbacks, and one turn of the event loop. */
export function flush(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

export class VirtualClock implements Clock {
  /** Every wait that was asked for, in milliseconds, in order. */
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

  /** Settles once a timer is set, however long whatever sets it takes: an answer from a real server, say. */
  async timerSet(): Promise<void> {
    if (this.#pending.size > 0) return
    await new Promise<void>((resolve) => {
      this.#onTimer.push(resolve)
    })
  }

  /** Settles once no timer is set: whatever had a deadline is over, and time may pass. */
  async timersDone(): Promise<void> {
    while (this.#pending.size > 0) await flush()
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#pending.size
  }

  /** How many of them would keep a process from ending. */
  get held(): number {
    return [...this.#pending].filter(({ held }) => held).length
  }

  /** Time passes: timers act in their order, each followed by all it sets off. */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsed + ms
    await flush()
    for (let next = this.#next(); next && next.dueAt <= until; next = this.#next()) {
      await this.#fire(next)
    }
    this.#elapsed = until
    await flush()
  }

  /** Time passes until the next timer has acted; gives how long that took, or undefined when none is set. */
  async advanceToNext(): Promise<number | undefined> {
    await flush()
    const before = this.#elapsed
    const next = this.#next()
    if (!next) return undefined
    await this.#fire(next)
    return this.#elapsed - before
  }

  /** Somebody sets the time of day, forward or back: no timer takes notice. */
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

import type { Clock, Timer } from '../clock.ts'

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

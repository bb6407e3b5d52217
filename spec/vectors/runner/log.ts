// The log of observable events, in order, each with its time.
import type { Happening } from './format.ts'

export interface Entry {
  readonly at: number
  readonly what: Happening
}

export class Log {
  readonly #elapsed: () => number
  #entries: Entry[] = []

  /** `elapsed`: milliseconds since the start of the vector. */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed
  }

  add(what: Happening): void {
    this.#entries.push({ at: this.#elapsed(), what })
  }

  /** Returns the entries since the last call. */
  take(): Entry[] {
    const entries = this.#entries
    this.#entries = []
    return entries
  }
}

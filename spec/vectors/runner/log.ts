// What is seen from outside, in the order in which it happens, each with its moment.
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

  /** What has happened since it was last asked. */
  take(): Entry[] {
    const entries = this.#entries
    this.#entries = []
    return entries
  }
}

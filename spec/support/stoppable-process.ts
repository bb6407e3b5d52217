// A process that is suspended or killed between any two of its steps: meanwhile it receives no response, and its timers do not fire.
import type { Clock } from '../../lib/util/clock.ts'
import { type Deferred, deferred } from './deferred.ts'

export class StoppableProcess {
  readonly clock: Clock
  readonly #death = deferred()
  #gate: Deferred<void> | undefined
  #isDead = false

  constructor(clock: Clock) {
    this.clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      random: () => clock.random(),
      after: (ms, act) =>
        clock.after(ms, () => {
          if (!this.#gate && !this.#isDead) act()
          else void this.running().then(act)
        }),
    }
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** Resolves when it is killed. */
  get death(): Promise<void> {
    return this.#death.promise
  }

  stop(): void {
    this.#gate ??= deferred()
  }

  continue(): void {
    const gate = this.#gate
    this.#gate = undefined
    gate?.resolve()
  }

  kill(): void {
    this.#isDead = true
    this.continue()
    this.#death.resolve()
  }

  /** Resolves while it runs; never after it was killed. */
  async running(): Promise<void> {
    while (this.#gate) await this.#gate.promise
    if (this.#isDead) await new Promise(() => undefined)
  }

  /** An external operation: completes while the process is suspended; its result arrives when the process runs. */
  async waitFor<T>(work: () => Promise<T>): Promise<T> {
    await this.running()
    try {
      return await work()
    } finally {
      await this.running()
    }
  }
}

// The only module that imports p-queue: the turns of many managers, one at a time per refresh token, and a limited number in all.
import PQueue from 'p-queue'
import type { QueuedRenewal, Turns } from './renewal-queue.ts'

// Renewals that somebody waits for leave before those in the background.
const priority = (urgent: boolean): number => (urgent ? 1 : 0)

export class PoolTurns implements Turns {
  readonly #perRefreshToken = new Map<object, PQueue>()
  readonly #limit: PQueue
  /** Renewals that wait for their turn among all the others. */
  readonly #queued = new Set<QueuedRenewal>()
  readonly #derivations = new PQueue({ concurrency: 2 })

  /** `concurrency`: how many token requests may be under way at once. */
  constructor(concurrency: number) {
    this.#limit = new PQueue({ concurrency })
  }

  async take<T>(renewal: QueuedRenewal, spender: object, job: () => Promise<T>): Promise<T> {
    const queue = this.#perRefreshToken.get(spender) ?? new PQueue({ concurrency: 1 })
    this.#perRefreshToken.set(spender, queue)
    try {
      return await queue.add(() => this.#withinLimit(renewal, job))
    } finally {
      if (queue.size + queue.pending === 0) this.#perRefreshToken.delete(spender)
    }
  }

  prioritise(renewal: QueuedRenewal): void {
    if (this.#queued.has(renewal)) this.#limit.setPriority(renewal.id, priority(true))
  }

  derive<T>(job: () => Promise<T>): Promise<T> {
    return this.#derivations.add(job)
  }

  #withinLimit<T>(renewal: QueuedRenewal, job: () => Promise<T>): Promise<T> {
    this.#queued.add(renewal)
    return this.#limit.add(
      () => {
        this.#queued.delete(renewal)
        return job()
      },
      { id: renewal.id, priority: priority(renewal.urgent) },
    )
  }
}

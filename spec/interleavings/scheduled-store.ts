// A store whose swaps are tasks of the scheduler: they are made late, in any order, fail, or are made and not heard of, by their seeded
// outcome.
import { memoryStore } from '../../lib/stores/memory.ts'
import type { TokenStore } from '../../lib/stores/token-store.ts'
import type { Scheduler } from './scheduler.ts'

export type SwapOutcome = 'done' | 'failed' | 'lost'

export function scheduledStore(scheduler: Scheduler, outcomes: readonly ['done', ...SwapOutcome[]]): TokenStore {
  const store = memoryStore()
  return {
    read: (key) => store.read(key),
    swap: (key, expected, next) =>
      scheduler.task('the store', () => {
        const outcome = scheduler.outcome(outcomes)
        if (outcome === 'failed') throw new Error('the store is down')
        const swapped = store.swap(key, expected, next)
        if (outcome === 'lost') throw new Error('the answer of the store was lost')
        return swapped
      }),
  }
}

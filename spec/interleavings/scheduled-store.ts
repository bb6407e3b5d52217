// A store whose writes are tasks of the scheduler: they end late, in their order, and fail by their seeded outcome.
import type { TokenRecord, TokenStore } from '../../lib/stores/token-store.ts'
import { deferred } from '../support/deferred.ts'
import type { Scheduler } from './scheduler.ts'

export function scheduledStore(scheduler: Scheduler, outcomes: readonly [true, ...boolean[]]): TokenStore {
  const records = new Map<string, TokenRecord>()
  const pending: ((succeeds: boolean) => void)[] = []
  const write = (change: () => unknown): Promise<void> => {
    const { promise, resolve, reject } = deferred()
    pending.push((succeeds) => {
      if (!succeeds) {
        reject(new Error('the store is down'))
        return
      }
      change()
      resolve()
    })
    void scheduler.task('the store', () => pending.shift()?.(scheduler.outcome(outcomes)))
    return promise
  }
  return {
    read: (key) => records.get(key),
    write: (key, record) => write(() => records.set(key, record)),
    remove: (key) => write(() => records.delete(key)),
  }
}

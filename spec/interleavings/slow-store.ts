// A store of one record whose writes wait until the program says how they end.
import type { TokenRecord, TokenStore } from '../../lib/stores/token-store.ts'
import { deferred, type Deferred } from '../support/deferred.ts'

export class SlowStore implements TokenStore {
  readonly #writes: { readonly record: TokenRecord | undefined; readonly done: Deferred<void> }[] = []
  #kept: TokenRecord | undefined

  /** Writes under way. */
  get waiting(): number {
    return this.#writes.length
  }

  read(): TokenRecord | undefined {
    return this.#kept
  }

  write(_key: string, record: TokenRecord): Promise<void> {
    return this.#begin(record)
  }

  remove(): Promise<void> {
    return this.#begin(undefined)
  }

  /** Ends the oldest write under way. */
  finish(well: boolean): void {
    const write = this.#writes.shift()
    if (!write) return
    if (well) {
      this.#kept = write.record
      write.done.resolve()
    } else write.done.reject(new Error('the store is down'))
  }

  #begin(record: TokenRecord | undefined): Promise<void> {
    const done = deferred()
    this.#writes.push({ record, done })
    return done.promise
  }
}

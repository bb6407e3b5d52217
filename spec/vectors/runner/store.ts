// The store, in three manners: one that does as it is told at once, one that waits to be told, one that cannot be read.
import type { TokenRecord, TokenStore } from '../../../lib/stores/token-store.ts'
import { deferred, type Deferred } from '../../support/deferred.ts'
import { VectorFailure } from './check.ts'
import type { Config, StoredToken } from './format.ts'
import type { Log } from './log.ts'

interface Write {
  readonly token: StoredToken | undefined
  readonly done: Deferred<void>
}

export class Store implements TokenStore {
  readonly #manner: Exclude<Config['store'], undefined>
  readonly #log: Log
  readonly #startedAt: number
  readonly #waiting: Write[] = []
  #kept: StoredToken | undefined

  /** `startedAt`: what the times of a vector are counted from. */
  constructor(manner: Config['store'], log: Log, startedAt: number) {
    this.#manner = manner ?? 'prompt'
    this.#log = log
    this.#startedAt = startedAt
  }

  get kept(): StoredToken | undefined {
    return this.#kept
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Somebody else writes, or removes what is kept. */
  hold(token: StoredToken | undefined): void {
    this.#kept = token
  }

  answer(how: 'done' | 'failed'): void {
    const write = this.#waiting.shift()
    if (!write) throw new VectorFailure('the store was not asked for anything')
    if (how === 'failed') {
      write.done.reject(new Error('the store is down'))
      return
    }
    this.#kept = write.token
    write.done.resolve()
  }

  read(): TokenRecord | undefined {
    if (this.#manner === 'unreadable') throw new Error('the store is down')
    return this.#kept && this.#recordOf(this.#kept)
  }

  write(_: string, record: TokenRecord): void | Promise<void> {
    return this.#change(this.#tokenOf(record))
  }

  remove(): void | Promise<void> {
    return this.#change(undefined)
  }

  #change(token: StoredToken | undefined): void | Promise<void> {
    if (this.#manner !== 'told') {
      this.#kept = token
      return undefined
    }
    this.#log.add(token ? { storeWrite: token } : { storeRemove: true })
    const write = { token, done: deferred() }
    this.#waiting.push(write)
    return write.done.promise
  }

  #recordOf({ accessToken, refreshToken, obtainedAt, expiresAt }: StoredToken): TokenRecord {
    return {
      accessToken,
      scheme: 'Bearer',
      generation: 1,
      obtainedAt: this.#startedAt + obtainedAt,
      ...(expiresAt !== undefined && { expiresAt: this.#startedAt + expiresAt }),
      ...(refreshToken !== undefined && { refreshToken }),
    }
  }

  #tokenOf({ accessToken, refreshToken, obtainedAt, expiresAt }: TokenRecord): StoredToken {
    return {
      accessToken,
      obtainedAt: obtainedAt - this.#startedAt,
      ...(expiresAt !== undefined && { expiresAt: expiresAt - this.#startedAt }),
      ...(refreshToken !== undefined && { refreshToken }),
    }
  }
}

// The store, in three manners: one that does as it is told at once, one that waits to be told, one that cannot be read. It keeps the
// record of a session; a vector knows only the token in it.
import type { TokenStore } from '../../../lib/stores/token-store.ts'
import { readRecord, type SessionRecord, writeRecord } from '../../../lib/token/session-record.ts'
import { defined, omit } from '../../../lib/util/objects.ts'
import { deferred, type Deferred } from '../../support/deferred.ts'
import { isEqual, VectorFailure } from './check.ts'
import type { Config, Happening, StoredToken } from './format.ts'
import type { Log } from './log.ts'

interface Write {
  /** Its name in the vector. */
  readonly told: Happening
  readonly swap: () => boolean
  readonly done: Deferred<boolean>
}

export class Store implements TokenStore {
  readonly #manner: Exclude<Config['store'], undefined>
  readonly #log: Log
  readonly #startedAt: number
  readonly #waiting: Write[] = []
  /** A write that was done, but found another text than it expected: the client makes it again, and that is the same write. */
  #again: Happening | undefined
  #text: string | undefined

  /** `startedAt`: what the times of a vector are counted from. */
  constructor(manner: Config['store'], log: Log, startedAt: number) {
    this.#manner = manner ?? 'prompt'
    this.#log = log
    this.#startedAt = startedAt
  }

  get kept(): StoredToken | undefined {
    return this.#tokenOf(this.#record)
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Another member of the session renews it, or another process begins one; undefined: the store loses what it kept. */
  hold(token: StoredToken | undefined): void {
    this.#text = token && writeRecord(this.#renewed(token)).text
  }

  answer(how: 'done' | 'failed', which: 'oldest' | 'newest' = 'oldest'): void {
    const write = which === 'oldest' ? this.#waiting.shift() : this.#waiting.pop()
    if (!write) throw new VectorFailure('the store was not asked for anything')
    if (how === 'failed') {
      write.done.reject(new Error('the store is down'))
      return
    }
    const isDone = write.swap()
    if (!isDone) this.#again = write.told
    write.done.resolve(isDone)
  }

  read(): string | undefined {
    if (this.#manner === 'unreadable') throw new Error('the store is down')
    return this.#text
  }

  swap(_: string, expected: string | undefined, next: string): boolean | Promise<boolean> {
    const swap = (): boolean => {
      if (this.#text !== expected) return false
      this.#text = next
      return true
    }
    const read = readRecord(next)
    if (read.kind !== 'record') throw new VectorFailure('the store was given what is no record')
    // A claim, and what ends one without a token, is bookkeeping: free, as a read is.
    const { record } = read
    const before = this.#record
    const isNews = record.claim === undefined && !isEqual(this.#tokenOf(record), this.#tokenOf(before))
    const isLogout = record.end?.kind === 'cleared'
    if (this.#manner !== 'told' || !(isNews || isLogout)) return swap()
    const token = this.#tokenOf(record)
    const told = token ? { storeWrite: token } : { storeRemove: true }
    const isAgain = isEqual(told, this.#again)
    this.#again = undefined
    if (isAgain) return swap()
    this.#log.add(told)
    const write = { told, swap, done: deferred<boolean>() }
    this.#waiting.push(write)
    return write.done.promise
  }

  get #record(): SessionRecord | undefined {
    const read = readRecord(this.#text)
    return read.kind === 'record' ? read.record : undefined
  }

  #renewed({ accessToken, refreshToken, obtainedAt, expiresAt }: StoredToken): Omit<SessionRecord, 'v' | 'rev'> {
    const record = this.#record
    const lifetime = expiresAt === undefined ? undefined : expiresAt - obtainedAt
    const token = { accessToken, scheme: 'Bearer', obtainedAt: this.#startedAt + obtainedAt, ...defined({ lifetime }) }
    return {
      ...(record && !record.end
        ? omit(record, 'claim', 'doubt', 'refused', 'refreshToken')
        : { lineage: 'of-another-process' }),
      generation: (record?.generation ?? 0) + 1,
      tokens: { '': token },
      ...defined({ refreshToken }),
    }
  }

  #tokenOf(record: SessionRecord | undefined): StoredToken | undefined {
    const token = record?.tokens['']
    if (!record || !token) return undefined
    const obtainedAt = token.obtainedAt - this.#startedAt
    return {
      accessToken: token.accessToken,
      obtainedAt,
      ...(token.lifetime !== undefined && { expiresAt: obtainedAt + token.lifetime }),
      ...(record.refreshToken !== undefined && { refreshToken: record.refreshToken }),
    }
  }
}

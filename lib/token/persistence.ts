// Access to the store: limited in time, failures never reach a caller. A failed read counts as absent; a failed write is tried
// again until it succeeds or something newer replaces it.
import type { TokenRecord, TokenStore } from '../stores/token-store.ts'
import { withTimeout } from '../util/abort.ts'
import type { Clock, Timer } from '../util/clock.ts'
import { isAccessToken } from '../util/token-syntax.ts'
import type { Emitter } from './events.ts'
import type { Settings } from './options.ts'
import { backoff, type Timing } from './schedule.ts'
import { fingerprint } from './token.ts'

/** What the store is to hold; no record means nothing. */
interface PendingWrite {
  readonly record: TokenRecord | undefined
}

export class TokenPersistence {
  readonly #store: TokenStore
  readonly #key: () => Promise<string>
  readonly #clock: Clock
  readonly #timing: Timing
  readonly #events: Emitter
  #pending: PendingWrite | undefined
  /** While the store is told that a token is over. */
  #ending: Promise<void> | undefined
  /** The access token it was told of last. */
  #ended: string | undefined
  #retry: Timer | undefined

  constructor(store: TokenStore, key: () => Promise<string>, clock: Clock, timing: Timing, events: Emitter) {
    this.#store = store
    this.#key = key
    this.#clock = clock
    this.#timing = timing
    this.#events = events
  }

  /** The record that is kept, if it can be read in time. */
  async read(): Promise<TokenRecord | undefined> {
    const record: unknown = await this.#attempt('read', (key) => this.#store.read(key))
    if (!isRecord(record)) return undefined
    const pending = this.#pending
    // What the store holds is older than what it is to hold.
    return pending && record.obtainedAt <= (pending.record?.obtainedAt ?? Infinity) ? undefined : record
  }

  /** Keeps the record, or removes what is kept. When the store fails it tries again later by itself. */
  async save(record: TokenRecord | undefined): Promise<void> {
    await this.#ending
    await this.#write({ record }, 0)
  }

  /** Whether something is still to be done. */
  get hasPendingWrites(): boolean {
    return this.#pending !== undefined || this.#ending !== undefined
  }

  /** Has the store tell whoever reads it next that a token is over, unless something else was put there. */
  markExpired(accessToken: string): void {
    if (this.#ended === accessToken) return
    this.#ended = accessToken
    this.#ending = this.#end(accessToken).finally(() => {
      this.#ending = undefined
    })
  }

  /** Tries once more what could not be done. */
  async flush(): Promise<void> {
    if (this.#pending) await this.#write(this.#pending, 0)
  }

  async #end(accessToken: string): Promise<void> {
    const record = await this.read()
    if (record?.accessToken !== accessToken) return
    await this.#write({ record: { ...record, expiresAt: this.#clock.now() } }, 0)
  }

  async #write(pending: PendingWrite, failures: number): Promise<void> {
    this.#retry?.cancel()
    this.#pending = pending
    const { record } = pending
    const done = await this.#attempt(record ? 'write' : 'remove', async (key) => {
      await (record ? this.#store.write(key, record) : this.#store.remove(key))
      return true
    })
    if (this.#pending !== pending) return
    if (done) {
      this.#pending = undefined
      return
    }
    this.#retry = this.#clock.after(backoff(failures, this.#timing, this.#clock.random()), () => {
      void this.#write(pending, failures + 1)
    })
  }

  async #attempt<T>(
    operation: 'read' | 'write' | 'remove',
    act: (key: string) => T | Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await withTimeout(
        this.#key().then((key) => act(key)),
        this.#clock,
        { timeout: this.#timing.storeDeadline, onTimeout: () => new Error('the store did not answer in time') },
      )
    } catch {
      // What a store throws may hold the record: only the operation is told.
      this.#events.emit('store-failed', () => ({ operation }))
      return undefined
    }
  }
}

/** What a store gives back may be anything: another version's, half written. */
function isRecord(value: unknown): value is TokenRecord {
  const { accessToken, scheme, obtainedAt } = (value ?? {}) as Partial<TokenRecord>
  return isAccessToken(accessToken) && typeof scheme === 'string' && Number.isFinite(obtainedAt)
}

/**
 * The key of a manager's record: everything that decides which token it is, every credential too, so that a wrong password is never
 * served the right one's token. Hashed, for it holds secrets; worked out once, when first asked for.
 */
export function storeKey({ provider, grant, values, account }: Settings): () => Promise<string> {
  let key: Promise<string> | undefined
  return () =>
    (key ??= fingerprint(
      JSON.stringify([
        provider.id,
        provider.api,
        grant,
        account,
        Object.entries(values)
          // A function gives another value each time: its name must do.
          .map(([name, value]) => [name, typeof value === 'function' ? null : value])
          .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
      ]),
    ).then((hash) => `tokenflight:1:${provider.id}:${hash}`))
}

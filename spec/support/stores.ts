// Stores for specs: the record of a session as another process would read or write it, and a store that does as it is told.
import { memoryStore } from '../../lib/stores/memory.ts'
import type { TokenStore } from '../../lib/stores/token-store.ts'
import { omit } from '../../lib/util/objects.ts'
import { readRecord, type RecordFields, type SessionRecord, writeRecord } from '../../lib/token/session-record.ts'
import { deferred } from './deferred.ts'

/** A record for a session that another process has begun. */
export function storedSession(fields: Partial<RecordFields> = {}): RecordFields {
  return { lineage: 'their-lineage', generation: 1, tokens: {}, ...fields }
}

type Operation = 'read' | 'swap'

/** The outcome of the next operations of one kind. `lost`: the operation is done, and its answer never comes. */
type Fate = 'done' | 'throw' | 'hang' | 'lost'

/** A memory store that can be looked into, written by others, and told to fail. */
export class SharedMemory implements TokenStore {
  /** The keys asked for, in order. */
  readonly keys: string[] = []
  readonly counts = { read: 0, swap: 0 }
  readonly watch: NonNullable<TokenStore['watch']>
  readonly #store = memoryStore()
  readonly #fates: Record<Operation, Fate[]> = { read: [], swap: [] }
  readonly #always: Record<Operation, Fate | undefined> = { read: undefined, swap: undefined }
  readonly #late: Record<Operation, Promise<void>[]> = { read: [], swap: [] }
  #gate: Promise<void> | undefined
  readonly #watching = new Set<(missed?: true) => void>()
  #silent = false

  constructor() {
    this.watch = (key, changed) => {
      this.#watching.add(changed)
      const stop = this.#store.watch?.(key, () => {
        if (!this.#silent) changed()
      })
      return () => {
        this.#watching.delete(changed)
        stop?.()
      }
    }
  }

  /** Nobody who watches is told of changes, until they are told that they may have missed some. */
  freeze(): () => void {
    this.#silent = true
    return () => {
      this.#silent = false
      for (const changed of this.#watching) changed(true)
    }
  }

  /** The next operations of this kind end so, one each. */
  next(operation: Operation, ...fates: Fate[]): void {
    this.#fates[operation].push(...fates)
  }

  /** Every operation of this kind ends so, from now on; undefined: as it should. */
  always(operation: Operation, fate: Fate | undefined): void {
    this.#always[operation] = fate
  }

  /** The next operation of this kind takes place when the function it gives is called, and not before. */
  late(operation: Operation): () => void {
    const gate = deferred()
    this.#late[operation].push(gate.promise)
    return gate.resolve
  }

  /** No operation begins until the function it gives is called. */
  hold(): () => void {
    const gate = deferred()
    this.#gate = gate.promise
    return () => {
      this.#gate = undefined
      gate.resolve()
    }
  }

  /** The only key that was asked for. */
  get key(): string {
    const [key] = this.keys
    if (key === undefined) throw new Error('the store was asked for nothing')
    return key
  }

  /** The record under the key. */
  record(key = this.key): SessionRecord | undefined {
    const read = readRecord(this.#store.read(key))
    return read.kind === 'record' ? read.record : undefined
  }

  /** The text under the key. */
  text(key = this.key): string {
    return (this.#store.read(key) as string | undefined) ?? ''
  }

  /** The store comes up empty, as after a restart; `silently`: nobody who watches is told. */
  drop(silently = false): void {
    const { key } = this
    if (silently) this.#silent = true
    this.put('', key)
    this.#silent = false
  }

  /** The access tokens of the record, whatever their slots. */
  get tokens(): readonly string[] {
    return Object.values(this.record()?.tokens ?? {}).map(({ accessToken }) => accessToken)
  }

  /** Another member of the session renews it: a record of the same lineage, one generation on, without a claim. */
  renewed(fields: Partial<RecordFields>, key = this.key): void {
    const record = this.record(key)
    if (!record) throw new Error('there is no session to renew')
    this.put({ ...omit(record, 'claim', 'end'), generation: record.generation + 1, ...fields }, key)
  }

  /** Another process writes a record, or any text, whatever was there. */
  put(given: RecordFields | string, key = this.key): void {
    const text = typeof given === 'string' ? given : writeRecord(given).text
    void this.#store.swap(key, this.#store.read(key) as string | undefined, text)
  }

  async read(key: string): Promise<string | undefined> {
    return this.#do('read', key, async () => {
      const text = await this.#store.read(key)
      return text === '' ? undefined : text
    })
  }

  async swap(key: string, expected: string | undefined, next: string): Promise<boolean> {
    // A dropped entry is kept as an empty text.
    const nothing = (): '' | undefined => (this.#store.read(key) === '' ? '' : undefined)
    return this.#do('swap', key, () => this.#store.swap(key, expected ?? nothing(), next))
  }

  async #do<T>(operation: Operation, key: string, act: () => T | Promise<T>): Promise<T> {
    this.keys.push(key)
    this.counts[operation] += 1
    await this.#gate
    await this.#late[operation].shift()
    const fate = this.#fates[operation].shift() ?? this.#always[operation]
    if (fate === 'throw') throw new Error('the store is down')
    if (fate === 'hang') return new Promise(() => undefined)
    const result = await act()
    if (fate === 'lost') throw new Error('the answer of the store was lost')
    return result
  }
}

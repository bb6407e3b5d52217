// Stores for specs: the record of a session as another process reads or writes it, and a scripted store.
import { memoryStore } from '../../lib/stores/memory.ts'
import type { TokenStore } from '../../lib/stores/token-store.ts'
import { omit } from '../../lib/util/objects.ts'
import { readRecord, type RecordFields, type SessionRecord, writeRecord } from '../../lib/token/session-record.ts'
import { deferred } from './deferred.ts'

/** A record of a session of another process. */
export function storedSession(fields: Partial<RecordFields> = {}): RecordFields {
  return { lineage: 'their-lineage', generation: 1, tokens: {}, ...fields }
}

type Operation = 'read' | 'swap'

/** The outcome of an operation. `lost`: the operation is done, and its result is lost. */
type Fate = 'done' | 'throw' | 'hang' | 'lost'

/** A memory store that a spec can read and write, and make fail. */
export class SharedMemory implements TokenStore {
  /** The keys of all operations, in order. */
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

  /** Suspends all watches; the returned function resumes them with a notification of missed changes. */
  freeze(): () => void {
    this.#silent = true
    return () => {
      this.#silent = false
      for (const changed of this.#watching) changed(true)
    }
  }

  /** Sets the outcomes of the next operations of this kind. */
  next(operation: Operation, ...fates: Fate[]): void {
    this.#fates[operation].push(...fates)
  }

  /** Sets the outcome of all further operations of this kind; undefined: normal. */
  always(operation: Operation, fate: Fate | undefined): void {
    this.#always[operation] = fate
  }

  /** Delays the next operation of this kind until the returned function is called. */
  late(operation: Operation): () => void {
    const gate = deferred()
    this.#late[operation].push(gate.promise)
    return gate.resolve
  }

  /** Delays all operations until the returned function is called. */
  hold(): () => void {
    const gate = deferred()
    this.#gate = gate.promise
    return () => {
      this.#gate = undefined
      gate.resolve()
    }
  }

  /** The only key in use. */
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

  /** Empties the store, as after a restart; `silently`: without a notification. */
  drop(silently = false): void {
    const { key } = this
    if (silently) this.#silent = true
    this.put('', key)
    this.#silent = false
  }

  /** The access tokens of the record, in all slots. */
  get tokens(): readonly string[] {
    return Object.values(this.record()?.tokens ?? {}).map(({ accessToken }) => accessToken)
  }

  /** Writes the renewal of another member: a record of the same lineage, with the next generation, without a claim. */
  renewed(fields: Partial<RecordFields>, key = this.key): void {
    const record = this.record(key)
    if (!record) throw new Error('there is no session to renew')
    this.put({ ...omit(record, 'claim', 'end'), generation: record.generation + 1, ...fields }, key)
  }

  /** Writes a record or any text, as another process, without a comparison. */
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

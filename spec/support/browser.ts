// The platform of a page as stores use it: IndexedDB, the Web Locks API, and lifecycle events.
import { IDBDatabase, IDBFactory } from 'fake-indexeddb'

/** Locks without contention: each has a unique name. */
export class FakeLocks {
  readonly #held = new Set<string>()
  /** The names of the locks that are held. */
  get names(): readonly string[] {
    return [...this.#held]
  }

  /** Releases a lock as when its holder has ended. */
  drop(name: string): void {
    this.#held.delete(name)
  }

  readonly request = async (name: string, act: () => Promise<void>): Promise<void> => {
    await Promise.resolve()
    this.#held.add(name)
    await act()
    this.#held.delete(name)
  }

  readonly query = (): Promise<{ readonly held: readonly { readonly name: string }[] }> =>
    Promise.resolve({ held: this.names.map((name) => ({ name })) })
}

/** The globals of a page; they stay until `leave()`. */
export class FakePage {
  readonly locks = new FakeLocks()
  readonly indexedDB = new IDBFactory()
  readonly #events = new EventTarget()
  readonly #endings: (() => void)[] = []
  readonly #replaced = new Map<string, PropertyDescriptor | undefined>()

  constructor() {
    this.set('indexedDB', this.indexedDB)
    this.set('navigator', { locks: this.locks })
    this.set('addEventListener', this.#events.addEventListener.bind(this.#events))
    // Node 20 takes no boolean here.
    this.set('removeEventListener', (type: string, listener: EventListener, capture: boolean) => {
      this.#events.removeEventListener(type, listener, { capture })
    })
  }

  /** Replaces a global. */
  set(name: string, value: unknown): void {
    if (!this.#replaced.has(name)) this.#replaced.set(name, Object.getOwnPropertyDescriptor(globalThis, name))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  }

  /** Replaces `IDBDatabase.transaction`: `act` is called with the original, bound, and with the arguments. */
  onTransaction(act: (begin: () => IDBTransaction, args: readonly unknown[]) => IDBTransaction): void {
    const { prototype } = IDBDatabase
    const before = Object.getOwnPropertyDescriptor(prototype, 'transaction') ?? {}
    const begin = before.value as (...args: unknown[]) => IDBTransaction
    const value = function (this: IDBDatabase, ...args: unknown[]): IDBTransaction {
      return act(() => begin.apply(this, args), args)
    }
    Object.defineProperty(prototype, 'transaction', { ...before, value })
    this.#endings.push(() => {
      Object.defineProperty(prototype, 'transaction', before)
    })
  }

  /** The databases that are opened from now on, in order. */
  opened(): readonly IDBDatabase[] {
    const databases: IDBDatabase[] = []
    const open = this.indexedDB.open.bind(this.indexedDB)
    this.indexedDB.open = (...args) => {
      const request = open(...args)
      request.addEventListener('success', () => databases.push(request.result))
      return request
    }
    return databases
  }

  /** Dispatches a lifecycle event. */
  dispatch(type: 'pagehide' | 'pageshow' | 'resume', fields: { readonly persisted?: boolean } = {}): void {
    this.#events.dispatchEvent(Object.assign(new Event(type), fields))
  }

  leave(): void {
    for (const end of this.#endings.reverse()) end()
    for (const [name, descriptor] of this.#replaced)
      if (descriptor) Object.defineProperty(globalThis, name, descriptor)
      else Reflect.deleteProperty(globalThis, name)
  }
}

/** Timers of the given duration fire when a spec says so, all others as usual. */
export class HeldTimers {
  readonly #acts = new Map<object, () => void>()

  constructor(page: FakePage, held: number) {
    const { setTimeout: start, clearTimeout: stop } = globalThis
    page.set('setTimeout', (act: () => void, ms = 0) => {
      if (ms !== held) return start(act, ms)
      const timer = {}
      this.#acts.set(timer, act)
      return timer
    })
    page.set('clearTimeout', (timer: object | undefined) => {
      if (!timer || !this.#acts.delete(timer)) stop(timer as NodeJS.Timeout | undefined)
    })
  }

  get count(): number {
    return this.#acts.size
  }

  /** Fires the timers that were started. */
  end(): void {
    const acts = [...this.#acts.values()]
    this.#acts.clear()
    for (const act of acts) act()
  }
}

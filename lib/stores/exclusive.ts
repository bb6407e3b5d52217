import type { TokenStore } from './token-store.ts'

/** Storage that only one process writes: a file of its own, a keychain. */
export interface ExclusiveStorage {
  /** The text under the key; undefined or null where there is none. */
  get(key: string): string | null | undefined | Promise<string | null | undefined>
  /** Writes the text under the key; its result is awaited. */
  set(key: string, text: string): unknown
  /** Removes the text under the key. */
  delete(key: string): unknown
}

/** The same with the names of the Web Storage API: `sessionStorage` of one tab, AsyncStorage of React Native. */
export interface ExclusiveItems {
  /** The text of a key; null where there is none. */
  getItem(key: string): string | null | undefined | Promise<string | null | undefined>
  /** Writes the text of a key. */
  setItem(key: string, text: string): unknown
  /** Removes a key. */
  removeItem(key: string): unknown
}

/**
 * Makes a store of storage that no other process, tab or machine writes: swaps run one after the other within this process. Shared storage,
 * e.g. `localStorage`, needs a store with an atomic `swap`.
 * @throws `TypeError` for storage without `get`, `set` and `delete`, and without `getItem`, `setItem` and `removeItem`
 */
export function exclusiveStore(storage: ExclusiveStorage | ExclusiveItems): TokenStore {
  const { get, set } = accessTo(storage)
  let last: Promise<unknown> = Promise.resolve()
  const read = async (key: string): Promise<string | undefined> => (await get(key)) ?? undefined
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const turn = last.then(act, act)
    last = turn.catch(() => undefined)
    return turn
  }
  return {
    read: (key) => inTurn(() => read(key)),
    swap: (key, expected, next) =>
      inTurn(async () => {
        if ((await read(key)) !== expected) return false
        await set(key, next)
        return true
      }),
  }
}

const METHODS = ['get', 'set', 'delete'] as const
const ITEM_METHODS = ['getItem', 'setItem', 'removeItem'] as const

function accessTo(storage: unknown): Pick<ExclusiveStorage, 'get' | 'set'> {
  const given = Object(storage) as ExclusiveStorage & ExclusiveItems
  const hasItems = typeof given.getItem === 'function'
  const names = hasItems ? ITEM_METHODS : METHODS
  const missing = names.find((name) => typeof given[name] !== 'function')
  if (missing !== undefined)
    throw Object.assign(
      new TypeError(`tokenflight: exclusiveStore: expected storage with ${names.join(', ')}: ${missing} is missing`),
      { code: 'ERR_INVALID_ARG' },
    )
  return hasItems
    ? { get: (key) => given.getItem(key), set: (key, text) => given.setItem(key, text) }
    : { get: (key) => given.get(key), set: (key, text) => given.set(key, text) }
}

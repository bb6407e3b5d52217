import type { TokenStore } from './token-store.ts'

/** Storage that one process alone writes: a file of its own, a keychain, React Native's AsyncStorage. */
export interface ExclusiveStorage {
  /** The text under the key; undefined or null where there is none. */
  get(key: string): string | null | undefined | Promise<string | null | undefined>
  /** Keeps the text under the key; awaited. */
  set(key: string, text: string): unknown
  /** Forgets the text under the key. */
  delete(key: string): unknown
}

/**
 * Makes a store of storage that no other process, tab or machine writes: swaps are made in turn within this process. Storage that is
 * shared needs a store with an atomic `swap` of its own.
 *
 * Throws a `TypeError` for storage without `get`, `set` or `delete`.
 */
export function exclusiveStore(storage: ExclusiveStorage): TokenStore {
  const missing = (['get', 'set', 'delete'] as const).find(
    (name) => typeof (storage as ExclusiveStorage | null | undefined)?.[name] !== 'function',
  )
  if (missing !== undefined)
    throw Object.assign(
      new TypeError(`tokenflight: exclusiveStore: expected storage with get, set and delete, ${missing} is missing`),
      { code: 'ERR_INVALID_ARG' },
    )
  let last: Promise<unknown> = Promise.resolve()
  const read = async (key: string): Promise<string | undefined> => (await storage.get(key)) ?? undefined
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
        await storage.set(key, next)
        return true
      }),
  }
}

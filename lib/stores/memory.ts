import type { TokenRecord, TokenStore } from './token-store.ts'

/** A store that lives as long as the process; the default. */
export function memoryStore(): TokenStore {
  const records = new Map<string, TokenRecord>()
  return {
    read: (key) => records.get(key),
    write: (key, record) => {
      records.set(key, record)
    },
    remove: (key) => {
      records.delete(key)
    },
  }
}

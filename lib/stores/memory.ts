import type { TokenStore } from './token-store.ts'

/** Makes a store in memory. Managers of one account with the same store share a session. */
export function memoryStore(): TokenStore {
  const texts = new Map<string, string>()
  const watchers = new Map<string, Set<() => void>>()
  return {
    read: (key) => texts.get(key),
    swap(key, expected, next) {
      if (texts.get(key) !== expected) return false
      texts.set(key, next)
      for (const changed of watchers.get(key) ?? []) changed()
      return true
    },
    watch(key, changed) {
      const known = watchers.get(key) ?? new Set()
      watchers.set(key, known.add(changed))
      return () => {
        known.delete(changed)
        if (known.size === 0) watchers.delete(key)
      }
    },
  }
}

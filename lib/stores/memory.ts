import type { TokenStore } from './token-store.ts'

/** A store in memory, the default. Managers of one account that are given the same one share a session. */
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

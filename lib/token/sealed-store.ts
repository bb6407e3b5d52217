// A store whose texts are encrypted. The swap compares what is in the store, not what it says: encrypted twice, a text is not the same.
import type { Seal, TokenStore } from '../stores/token-store.ts'

/** The store of one record as its session sees it. A text that does not open is given on in a form that no record has. */
export function sealedStore(store: TokenStore, seal: Seal): TokenStore {
  let last: { readonly text: string; readonly sealed: string } | undefined
  return {
    async read(key) {
      const sealed = await store.read(key)
      if (!sealed) return undefined
      const text = (await seal.open(sealed, key)) ?? `sealed: ${sealed}`
      last = { text, sealed }
      return text
    },
    async swap(key, expected, next, isEnd) {
      const before = expected === undefined ? undefined : last
      // Another text was read since: the store has changed.
      if (before?.text !== expected) return false
      const sealed = await seal.seal(next, key)
      const swapped = await store.swap(key, before?.sealed, sealed, isEnd)
      if (swapped) last = { text: next, sealed }
      return swapped
    },
    ...(store.watch && { watch: store.watch.bind(store) }),
    ...(store.presence && { presence: store.presence }),
  }
}

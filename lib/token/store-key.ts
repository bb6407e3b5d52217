import { fingerprint } from './token.ts'
import type { Settings } from './options.ts'

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

// Tests a store with `storeClaims`, in any runtime.
import type { TokenStore } from '../../lib/stores/token-store.ts'
import { storeClaims, type StoreLimits } from '../../lib/testing/store-claims.ts'
import type { Trial } from './program.ts'

export async function tryStore(store: TokenStore, limits?: StoreLimits): Promise<Trial[]> {
  const trials: Trial[] = []
  for (const { claim, check } of storeClaims(() => store, limits)) {
    const failure = await check().then(
      () => undefined,
      (error: unknown) => String(error),
    )
    trials.push({ name: claim, ...(failure !== undefined && { failure }) })
  }
  return trials
}

// The contract of a token store, as specs that every store here is held to.
import { expect } from 'chai'
import type { TokenStore } from '../../lib/stores/token-store.ts'
import { storeClaims } from '../../lib/testing/store-claims.ts'

type Hint = 'watch' | 'presence'

/** Holds the store that `open` gives handles of to the contract. `hints`: the optional members that it has. */
export function itIsATokenStore(open: () => TokenStore | Promise<TokenStore>, hints: readonly Hint[] = []): void {
  it(`has ${hints.join(' and ') || 'no hints'}`, async () => {
    const store = await open()
    expect((['watch', 'presence'] as const).filter((hint) => store[hint] !== undefined)).to.have.members(hints)
  })
  for (const { claim, needs, check } of storeClaims(open)) {
    if (needs === undefined || hints.includes(needs)) it(claim, check)
  }
}

// Functions that are called for an account run in the async context of the caller that asked for its token.
import '../support/instant-digest.ts'
import { AsyncLocalStorage } from 'node:async_hooks'
import { expect } from 'chai'
import type { TokenStore } from '../../lib/stores/token-store.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import { createTokenPool } from '../../lib/token/token-pool.ts'
import { flush } from '../support/clock.ts'
import { inTime, membersOver, strict } from '../support/sessions.ts'

const hour = 3_600_000

describe('A pool of 40 accounts with one queue', () => {
  const context = new AsyncLocalStorage<string>()
  const accounts = Array.from({ length: 40 }, (_, n) => `account-${String(n)}`)

  /** The accounts that something was called for in the context of another, as `account in context`. */
  function watched(concurrency: number) {
    const wrong: string[] = []
    const calls = { credentials: 0, read: 0, swap: 0 }
    const check = (what: keyof typeof calls, account: string): void => {
      calls[what] += 1
      if (context.getStore() !== account) wrong.push(`${what} of ${account} in ${String(context.getStore())}`)
    }
    const accountOf = (key: string): string => /account-\d+/.exec(decodeURIComponent(key))?.[0] ?? ''
    const memory = memoryStore()
    const store: TokenStore = {
      async read(key) {
        check('read', accountOf(key))
        await flush()
        check('read', accountOf(key))
        return memory.read(key)
      },
      async swap(key, expected, next) {
        check('swap', accountOf(key))
        await flush()
        return memory.swap(key, expected, next)
      },
    }
    const members = membersOver(undefined)
    const pool = createTokenPool({
      provider: strict,
      grant: 'client_credentials',
      credentials: (account) => ({
        clientId: account,
        clientSecret: async () => {
          check('credentials', account)
          await flush()
          check('credentials', account)
          return `secret of ${account}`
        },
      }),
      transport: members.server.transport,
      clock: members.clock,
      store,
      concurrency,
    })
    return { clock: members.clock, server: members.server, pool, wrong, calls }
  }

  for (const concurrency of [1, 16])
    // Fault 144
    it(`calls credentials and store for each account in the async context of its caller, concurrency ${String(concurrency)}`, async () => {
      const { clock, pool, server, wrong, calls } = watched(concurrency)
      const all = (): Promise<unknown> =>
        Promise.all(accounts.map((account) => context.run(account, () => pool.for(account).token())))
      await inTime(clock, all())
      await clock.advance(hour)
      await inTime(clock, all())
      expect(server.calls).to.equal(80)
      expect(calls.credentials).to.equal(160)
      expect(calls.swap).to.be.at.least(160)
      expect(wrong).to.deep.equal([])
    })

  // Fault 144
  it('does so after a renewal in the background, also for callers that wait for it', async () => {
    const { clock, pool, wrong } = watched(2)
    const each = (act: (account: string) => unknown): unknown[] =>
      accounts.map((account) => context.run(account, () => act(account)))
    await inTime(clock, Promise.all(each((account) => pool.for(account).token())))
    await clock.advance(hour - 200_000)
    each((account) => pool.for(account).peek())
    await inTime(clock, Promise.all(each((account) => pool.for(account).token())))
    for (let n = 0; n < 200; n += 1) await flush()
    expect(wrong).to.deep.equal([])
  })

  // Fault 144
  it('does so for logins, logouts and delayed writes', async () => {
    const { clock, pool, wrong } = watched(4)
    const act = (account: string): Promise<void> =>
      context.run(account, async () => {
        const tokens = pool.for(account)
        await tokens.adopt({ accessToken: `AT of ${account}`.replaceAll(' ', '-'), expiresAt: clock.now() + hour })
        await tokens.clear()
        await tokens.token()
      })
    await inTime(clock, Promise.all(accounts.map(act)))
    expect(wrong).to.deep.equal([])
  })
})

// Programs over a pool with fewer places than accounts, with a slow store that fails: evicted accounts must be restored, and no account
// may receive a token of another.
import fc from 'fast-check'
import type { Token, TokenManager } from '../../lib/index.ts'
import { createTokenPool, type TokenPool } from '../../lib/token/token-pool.ts'
import { plain } from '../support/managers.ts'
import { withClearedWeakRefs } from './cleared-weak-refs.ts'
import { type Advance, advanceBy, type Model, type Program, programs, runner, type Scheduler } from './scheduler.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import { scheduledStore } from './scheduled-store.ts'
import { TokenServer } from './token-server.ts'

type Call = 'get' | 'reject' | 'clear'

type Step = { readonly do: Call; readonly account: string; readonly scope: string | undefined } | Advance

const CONCURRENCY = 2
const MAX_ACCOUNTS = 1

const steps = (calls: Call[], scope: fc.Arbitrary<string | undefined>): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constantFrom(...calls),
          account: fc.constantFrom('ann', 'bob', 'cat'),
          scope,
        }),
      },
      { weight: 2, arbitrary: advanceBy(1_000, 20_000, 45_000, 100_000) },
    ),
    { minLength: 1, maxLength: 16 },
  )

/** One manager per account; evicted managers are collected at once. */
export const poolPrograms = programs(steps(['get', 'get', 'get', 'reject', 'clear'], fc.constant(undefined)))
/** Two managers per account, which share its refresh token. */
export const scopesPrograms = programs(steps(['get', 'get', 'get', 'reject'], fc.constantFrom('read', 'write')))

const runOnPool = runner<Step>((scheduler) => new PoolModel(scheduler, true))
export const runPool = (program: Program<Step>): Promise<void> => withClearedWeakRefs(() => runOnPool(program))
export const runScopes = runner<Step>((scheduler) => new PoolModel(scheduler, false))

class PoolModel implements Model<Step> {
  readonly #scheduler: Scheduler
  readonly #server: TokenServer
  readonly #pool: TokenPool
  readonly #last = new Map<string, Token>()
  readonly #rejected = new Map<string, TokenManager>()

  /** Accounts that may have abandoned renewals in flight. */
  readonly #cleared = new Set<string>()

  /** `alone`: an account has one manager, which alone decides when its refresh token is discarded. */
  constructor(scheduler: Scheduler, alone: boolean) {
    this.#scheduler = scheduler
    this.#server = new TokenServer(scheduler, {
      outcomes: ['token', 'token', 'token', 'unavailable'],
      forbidsLoss: alone,
    })
    this.#pool = createTokenPool({
      provider: plain,
      grant: 'password',
      credentials: (account) => ({ clientId: 'c', clientSecret: 's', username: account, password: 'p' }),
      maxAccounts: MAX_ACCOUNTS,
      concurrency: CONCURRENCY,
      // While a store fails, a grant that can be repeated is asked alone: the refresh token is lost to that session.
      store: alone ? memoryStore() : scheduledStore(scheduler, ['done', 'done', 'failed', 'lost']),
      transport: this.#server.transport,
      clock: scheduler.clock,
    })
  }

  async run(program: readonly Step[]): Promise<void> {
    const check = (): void => {
      this.#check()
    }
    await this.#scheduler.run(program, (step) => this.#perform(step), check)
    await this.#scheduler.runUntilIdle(check)
    // Failed writes are repeated before the account is evicted.
    this.#pool.for('ann')
    await this.#scheduler.runUntilIdle(check)
    this.#pool.for('ann')
    if (this.#pool.size > MAX_ACCOUNTS) throw new Error('idle accounts were kept beyond the bound')
  }

  #perform(step: Step): unknown {
    if (step.do === 'advance') return this.#scheduler.advance(step.ms)
    const { account, scope } = step
    const manager = this.#pool.for(account, scope === undefined ? {} : { scope })
    const key = `${account} ${scope ?? ''}`
    if (step.do === 'clear') {
      this.#cleared.add(account)
      this.#server.abandon(account)
      this.#scheduler.mustSettle(manager.clear())
      return undefined
    }
    const last = this.#last.get(key)
    if (step.do === 'reject' && last) this.#rejected.set(last.accessToken, manager)
    const token = step.do === 'reject' && last ? manager.renew(last) : manager.token()
    this.#scheduler.mustSettle(
      token.then(
        (served) => {
          this.#checkServed(served, account, manager)
          this.#last.set(key, served)
        },
        () => undefined,
      ),
    )
    return undefined
  }

  #checkServed({ accessToken }: Token, account: string, by: TokenManager): void {
    this.#server.checkUse(accessToken, account)
    // A caller of an abandoned renewal keeps its manager from being collected: only then may another manager know of the rejection.
    const rejecter = this.#rejected.get(accessToken)
    if (rejecter && (rejecter === by || !this.#cleared.has(account)))
      this.#scheduler.violated('a rejected token was served')
  }

  #check(): void {
    const requests = [...this.#server.pending]
    if (requests.length > CONCURRENCY) this.#scheduler.violated('more requests were pending than allowed')
    const accounts = requests.map(({ account }) => account).filter((account) => !this.#cleared.has(account))
    if (new Set(accounts).size < accounts.length) this.#scheduler.violated('two requests were pending for one account')
  }
}

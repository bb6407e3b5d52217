// A pool of accounts, smaller than their number, over a slow store that fails: what is evicted must be had again, and nobody is given
// what is another's.
import fc from 'fast-check'
import type { Token, TokenManager } from '../../lib/index.ts'
import type { TokenRecord, TokenStore } from '../../lib/stores/token-store.ts'
import { createTokenPool, type TokenPool } from '../../lib/token/token-pool.ts'
import { deferred } from '../support/deferred.ts'
import { plain } from '../support/managers.ts'
import { withForgetfulReferences } from './forgetful-references.ts'
import { withScheduledDigests } from './scheduled-digest.ts'
import { type Chance, Stage, withChance } from './scheduler.ts'
import { Desk } from './token-server.ts'

type Verb = 'get' | 'reject' | 'clear'

type Act =
  | { readonly do: Verb; readonly account: string; readonly scope: string | undefined }
  | { readonly do: 'pass'; readonly ms: number }

const CONCURRENCY = 2
const MOST_ACCOUNTS = 1

const acts = (verbs: Verb[], scope: fc.Arbitrary<string | undefined>): fc.Arbitrary<Act[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constantFrom(...verbs),
          account: fc.constantFrom('ann', 'bob', 'cat'),
          scope,
        }),
      },
      { weight: 2, arbitrary: fc.constantFrom(1_000, 20_000, 45_000, 100_000).map((ms): Act => ({ do: 'pass', ms })) },
    ),
    { minLength: 1, maxLength: 16 },
  )

/** One manager an account; what is evicted is forgotten at once. */
export const poolProgram = withChance(acts(['get', 'get', 'get', 'reject', 'clear'], fc.constant(undefined)))
/** Two managers an account, which share its refresh token. */
export const scopesProgram = withChance(acts(['get', 'get', 'get', 'reject'], fc.constantFrom('read', 'write')))

export function playPool([scheduler, fates, program]: [...Chance, Act[]]): Promise<void> {
  const world = new PoolWorld(new Stage(scheduler, fates), true)
  return withForgetfulReferences(() => world.play(program))
}

export function playScopes([scheduler, fates, program]: [...Chance, Act[]]): Promise<void> {
  return new PoolWorld(new Stage(scheduler, fates), false).play(program)
}

class PoolWorld {
  readonly #stage: Stage
  readonly #desk: Desk
  readonly #pool: TokenPool
  readonly #kept = new Map<string, TokenRecord>()
  readonly #writes: ((well: boolean) => void)[] = []
  readonly #last = new Map<string, Token>()
  readonly #rejected = new Map<string, TokenManager>()

  /** Accounts with which flights that were let go may be under way. */
  readonly #cleared = new Set<string>()

  /** `alone`: an account has one manager, which alone decides when its refresh token is let go. */
  constructor(stage: Stage, alone: boolean) {
    this.#stage = stage
    this.#desk = new Desk(stage, { fates: ['token', 'token', 'token', 'unavailable'], keeping: alone })
    this.#pool = createTokenPool({
      provider: plain,
      grant: 'password',
      credentials: (account) => ({ clientId: 'c', clientSecret: 's', username: account, password: 'p' }),
      maxAccounts: MOST_ACCOUNTS,
      concurrency: CONCURRENCY,
      store: this.#store(),
      transport: this.#desk.transport,
      clock: stage.clock,
    })
  }

  play(program: readonly Act[]): Promise<void> {
    return withScheduledDigests(this.#stage, async () => {
      const look = (): void => {
        this.#look()
      }
      await this.#stage.play(program, (act) => this.#take(act), look)
      await this.#stage.rest(look)
      // Of what was refused the store is told before it is let go.
      this.#pool.for('ann')
      await this.#stage.rest(look)
      this.#pool.for('ann')
      if (this.#pool.size > MOST_ACCOUNTS) throw new Error('idle accounts were kept beyond the bound')
    })
  }

  #take(act: Act): unknown {
    if (act.do === 'pass') return this.#stage.pass(act.ms)
    const { account, scope } = act
    const manager = this.#pool.for(account, scope === undefined ? {} : { scope })
    const key = `${account} ${scope ?? ''}`
    if (act.do === 'clear') {
      this.#cleared.add(account)
      this.#desk.abandon(account)
      this.#stage.promised(manager.clear())
      return undefined
    }
    const last = this.#last.get(key)
    if (act.do === 'reject' && last) this.#rejected.set(last.accessToken, manager)
    const token = act.do === 'reject' && last ? manager.renew(last) : manager.token()
    this.#stage.promised(
      token.then(
        (served) => {
          this.#served(served, account, manager)
          this.#last.set(key, served)
        },
        () => undefined,
      ),
    )
    return undefined
  }

  #served(token: Token, account: string, by: TokenManager): void {
    const issued = this.#desk.issued.get(token.accessToken)
    if (issued?.account !== account) this.#stage.broken(`${account} was served another account's token`)
    if (!issued || issued.expiresAt <= this.#stage.clock.now()) this.#stage.broken('an expired token was served')
    // Whoever waits for a flight that was let go keeps its manager from being collected: only here it may be another that was told.
    const told = this.#rejected.get(token.accessToken)
    if (told && (told === by || !this.#cleared.has(account))) this.#stage.broken('a rejected token was served')
    if (issued?.dropped === true) this.#stage.broken('a token was served that came home after clear()')
  }

  #look(): void {
    const requests = [...this.#desk.underWay]
    if (requests.length > CONCURRENCY) this.#stage.broken('more requests under way than allowed')
    const wanted = requests.map(({ account }) => account).filter((account) => !this.#cleared.has(account))
    if (new Set(wanted).size < wanted.length) this.#stage.broken('two requests under way for one account')
  }

  /** Reads what was written; writes come when the scheduler says so, in their order, and fail as the fates will. */
  #store(): TokenStore {
    const write = (act: () => void): Promise<void> => {
      const { promise, resolve, reject } = deferred()
      this.#writes.push((well) => {
        if (!well) {
          reject(new Error('the store is down'))
          return
        }
        act()
        resolve()
      })
      void this.#stage.later('the store', () => this.#writes.shift()?.(this.#stage.fate([true, true, false])))
      return promise
    }
    return {
      read: (key) => this.#kept.get(key),
      write: (key, record) => write(() => this.#kept.set(key, record)),
      remove: (key) => write(() => this.#kept.delete(key)),
    }
  }
}

// Programs over one session that a person begins: logins, logouts and renewals are asked for in any order, and answered in any order. The
// session must end as asked last, and whatever was superseded before it came must be revoked.
import fc from 'fast-check'
import { isTokenError } from '../../lib/errors.ts'
import type { Token, TokenManager } from '../../lib/index.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import type { TokenStore } from '../../lib/stores/token-store.ts'
import { DEFAULT_TIMING } from '../../lib/token/schedule.ts'
import { readRecord, type SessionRecord } from '../../lib/token/session-record.ts'
import { Members } from '../support/sessions.ts'
import { type Delivered, ObservedServer, type RequestFate } from './observed-server.ts'
import { type Advance, advanceBy, type Model, programs, runner, type Scheduler } from './scheduler.ts'

export const OPERATIONS = ['renew', 'adopt', 'exchange', 'clear', 'revoke'] as const
export type Operation = (typeof OPERATIONS)[number]

type Step = { readonly do: Operation | 'adopt twice' | 'get' } | Advance

/** The outcome of an operation of the store. `lost`: it is done, and its answer never comes. */
export type StoreFate = 'done' | 'failed' | 'lost'

/** The sources of delay and failure around a session. */
export interface Surroundings {
  readonly clock: Scheduler['clock']
  task<T>(label: string, run: () => T | Promise<T>): Promise<T>
  requestFate(): RequestFate
  storeFate(operation: 'read' | 'swap'): StoreFate
  mustSettle(promise: Promise<unknown>): void
  violated(message: string): void
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom<Step>(...OPERATIONS.map((each) => ({ do: each }))) },
    { weight: 2, arbitrary: fc.constantFrom<Step>({ do: 'get' }, { do: 'renew' }, { do: 'adopt twice' }) },
    { weight: 2, arbitrary: advanceBy(1, 1_000, 6_000, 20_000, 600_000) },
  ),
  { minLength: 3, maxLength: 16, size: 'max' },
)

export const loginsPrograms = programs(steps, 'max')

export const runLogins = runner<Step>((scheduler) => new ScheduledLogins(scheduler))

/** Longer than any pause after failures. */
export const MAX_PAUSE_MS = 61_000

class ScheduledLogins implements Model<Step> {
  readonly #scheduler: Scheduler
  readonly #logins: Logins

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
    const surroundings: Surroundings = {
      clock: scheduler.clock,
      task: (label, run) => scheduler.task(label, run),
      requestFate: () => scheduler.outcome(['token', 'token', 'unavailable', 'token', 'lost', 'dropped', 'not-sent']),
      storeFate: () => scheduler.outcome(['done', 'done', 'done', 'failed', 'lost']),
      mustSettle: (promise) => {
        scheduler.mustSettle(promise)
      },
      violated: (message) => {
        scheduler.violated(message)
      },
    }
    this.#logins = new Logins(surroundings, scheduler.outcome(['memory', 'store', 'store']) === 'store')
  }

  #advanced = 0

  async run(program: readonly Step[]): Promise<void> {
    const check = (): void => {
      this.#logins.check()
    }
    this.#logins.begin()
    await this.#scheduler.run([], () => undefined, check)
    await this.#scheduler.run(program, (step) => this.#perform(step), check)
    await this.#scheduler.runUntilIdle(check)
    // A pause in the store counts from when it is first seen.
    await this.#scheduler.advance(MAX_PAUSE_MS)
    this.#logins.perform('get')
    await this.#scheduler.runUntilIdle(check)
    await this.#scheduler.advance(MAX_PAUSE_MS)
    const end = this.#logins.checkEnd()
    this.#scheduler.mustSettle(end)
    await this.#scheduler.runUntilIdle(check)
    await end
  }

  #perform(step: Step): unknown {
    if (step.do === 'advance') {
      this.#advanced += step.ms
      this.#logins.isLate = this.#advanced >= DEFAULT_TIMING.flightDeadline
      return this.#scheduler.advance(step.ms)
    }
    this.#logins.perform(step.do)
    return undefined
  }
}

/** The session, and what must hold of it. */
export class Logins {
  readonly #surroundings: Surroundings
  readonly #server: ObservedServer
  readonly #members: Members
  readonly #tokens: TokenManager
  readonly #store: TokenStore | undefined
  /** The text in the store, and all refresh tokens that were in use: in a text, or in memory. */
  #text: string | undefined
  readonly #used = new Set<string>()
  #initial: Token | undefined
  #asked = 0
  /** The last login or logout that took effect: tokens of earlier logins must not be served. */
  #floor = 0
  /** Logins and logouts in the order they were asked for; logouts have no login. */
  readonly #ends = new Map<number, 'login' | 'logout'>([[0, 'login']])
  readonly #mustBeRevoked = new Set<Delivered>()
  readonly #rejected = new Set<string>()
  #generation = 0
  /** Requests may have waited for longer than a revocation is given. */
  isLate = false
  /** The store was late or failed: a claim may be left that the manager cannot know of. */
  #storeFailed = false

  constructor(surroundings: Surroundings, shared: boolean) {
    this.#surroundings = surroundings
    const { clock } = surroundings
    this.#server = new ObservedServer(clock, (message) => {
      this.#violated(message)
    })
    this.#store = shared ? this.#slowStore(memoryStore()) : undefined
    this.#members = new Members({ ...(this.#store && { store: this.#store }) }, this.#server.strict, clock)
    this.#tokens = this.#manager()
  }

  /** Begins the session that the program is about. */
  begin(): void {
    for (const event of ['adopted', 'renewed', 'acquired'] as const)
      this.#tokens.on(event, () => {
        this.#use(this.#tokens.peek()?.accessToken)
      })
    this.#ends.delete(0)
    this.#adopt(0)
  }

  perform(operation: Exclude<Step['do'], 'advance'>): void {
    if (operation === 'get') {
      this.#serve(this.#tokens.token())
      return
    }
    this.#asked += 1
    const asked = this.#asked
    switch (operation) {
      case 'renew':
        this.#renew()
        return
      case 'adopt':
        this.#adopt(asked)
        return
      case 'adopt twice':
        // Over memory alone, the same tokens given again are a login like any other.
        this.#adopt(asked, this.#store ? 2 : 1)
        return
      case 'exchange':
        this.#settleLogin(
          asked,
          this.#tokens
            .exchangeCallback(this.#server.callback(asked), { state: 'state-value' })
            .then(({ token }) => token),
        )
        return
      case 'clear':
        this.#logOut(asked, () => this.#tokens.clear())
        return
      case 'revoke': {
        const held = this.#server.pairOf(this.#tokens.peek()?.accessToken ?? '')
        if (held) this.#mustBeRevoked.add(held)
        this.#logOut(asked, () => this.#tokens.revoke())
      }
    }
  }

  /** Checks the invariants of every moment. */
  check(): void {
    const token = this.#tokens.peek()
    if (token) this.#checkServed(token)
  }

  /** Checks the end state: the login, here and for a process that starts now, and the revoked tokens. */
  async checkEnd(): Promise<void> {
    const last = Math.max(...this.#ends.keys())
    const isLogin = this.#ends.get(last) === 'login'
    const record = this.#record()
    if (this.#store) this.#checkRecord(record, isLogin ? last : undefined)
    const managers = this.#store ? [this.#tokens, this.#manager()] : [this.#tokens]
    for (const tokens of managers) {
      const token = await tokens.token().catch((error: unknown) => {
        if (!isTokenError(error)) this.#violated(`an error that is none of the library's: ${String(error)}`)
      })
      if (token && !isLogin) this.#violated('a token was served after the last logout')
      if (token && isLogin && this.#loginOf(token) !== last) this.#violated('another login than the last is served')
      if (!token && isLogin && record?.end?.kind !== 'dead' && this.#isAlive(last))
        this.#violated('the last login was lost')
    }
    this.#checkRevoked(last, isLogin)
  }

  #checkRecord(record: SessionRecord | undefined, login: number | undefined): void {
    if (!record) this.#violated('the store has no record')
    const claim = record?.claim
    if (claim && claim.by !== '' && !this.#storeFailed) this.#violated('a claim was left')
    if (login === undefined) {
      if (record?.end?.kind !== 'cleared') this.#violated('the last logout is not in the store')
      if (record?.refreshToken !== undefined || Object.keys(record?.tokens ?? {}).length > 0)
        this.#violated('a logout left tokens in the store')
      return
    }
    const { refreshToken = '', end } = record ?? {}
    if (this.#server.pairOf(refreshToken)?.login !== login) this.#violated('the last login is not in the store')
    if (end && (end.kind === 'cleared' || this.#server.strict.accepts(refreshToken)))
      this.#violated('the last login was ended')
  }

  #checkRevoked(last: number, isLogin: boolean): void {
    const { strict } = this.#server
    for (const pair of this.#server.pairs) {
      const { login, refreshToken, accessToken } = pair
      const inUse = this.#used.has(refreshToken)
      if (!this.isLate && this.#mustBeRevoked.has(pair) && !this.#server.isRevoked(pair))
        this.#violated('a result that was superseded before it came was not revoked')
      if (!this.isLate && strict.accepts(refreshToken) && !inUse)
        this.#violated('a refresh token that nobody has was not revoked')
      if (isLogin && login === last && (strict.revoked.includes(refreshToken) || strict.revoked.includes(accessToken)))
        this.#violated('a token of the last login was revoked')
    }
  }

  /** Whether the server would renew a login: some lost response may have ended it. */
  #isAlive(login: number): boolean {
    return this.#server.pairs.some((pair) => pair.login === login && this.#server.strict.accepts(pair.refreshToken))
  }

  #renew(): void {
    const token = this.#tokens.peek() ?? this.#initial
    if (!token) return
    this.#rejected.add(token.accessToken)
    this.#serve(this.#tokens.renew(token))
  }

  #adopt(asked: number, times = 1): void {
    const { accessToken, refreshToken, expiresAt } = this.#server.login(asked)
    this.#ends.set(asked, 'login')
    for (let n = 0; n < times; n += 1)
      this.#settleLogin(asked, this.#tokens.adopt({ accessToken, refreshToken, expiresAt }))
  }

  #logOut(asked: number, end: () => Promise<void>): void {
    this.#floor = asked
    this.#ends.set(asked, 'logout')
    this.#surroundings.mustSettle(
      end().catch((error: unknown) => {
        this.#checkError(error)
      }),
    )
  }

  #settleLogin(asked: number, promise: Promise<Token>): void {
    this.#serve(
      promise.then((token) => {
        this.#initial ??= token
        this.#floor = Math.max(this.#floor, asked)
        return token
      }),
      // A login gives its own token, whatever became of it meanwhile.
      true,
    )
  }

  #serve(promise: Promise<Token>, isLogin = false): void {
    this.#surroundings.mustSettle(
      promise.then(
        (token) => {
          this.#checkServed(token, isLogin)
        },
        (error: unknown) => {
          this.#checkError(error)
        },
      ),
    )
  }

  #checkError(error: unknown): void {
    if (!isTokenError(error)) this.#violated(`an error that is none of the library's: ${String(error)}`)
  }

  #checkServed(token: Token, isLogin = false): void {
    this.#use(token.accessToken)
    const pair = this.#server.pairOf(token.accessToken)
    if (!pair || this.#loginOf(token) < this.#floor) this.#violated('a token of an earlier login was served')
    if ((pair?.expiresAt ?? 0) <= this.#surroundings.clock.now()) this.#violated('an expired token was served')
    if (!isLogin && this.#rejected.has(token.accessToken)) this.#violated('a rejected token was served')
    if (token.generation < this.#generation) this.#violated('an older generation was served after a newer one')
    this.#generation = token.generation
  }

  #loginOf({ accessToken }: Token): number {
    return this.#server.pairOf(accessToken)?.login ?? -1
  }

  #use(token: string | undefined): void {
    const pair = this.#server.pairOf(token ?? '')
    if (pair) this.#used.add(pair.refreshToken)
  }

  #delivered(pair: Delivered): void {
    const isNew = !this.#ends.has(pair.login)
    if (isNew) this.#ends.set(pair.login, 'login')
    if (pair.login < this.#floor) this.#mustBeRevoked.add(pair)
  }

  #record(): SessionRecord | undefined {
    const read = readRecord(this.#text)
    return read.kind === 'record' ? read.record : undefined
  }

  #violated(message: string): void {
    this.#surroundings.violated(message)
  }

  #manager(): TokenManager {
    const transport = this.#server.transport({
      delay: (label) => this.#surroundings.task(label, () => undefined),
      fate: () => this.#surroundings.requestFate(),
      delivered: (pair) => {
        this.#delivered(pair)
      },
    })
    return this.#members.consented({ transport })
  }

  #slowStore(store: TokenStore): TokenStore {
    const { clock } = this.#surroundings
    const act = <T>(operation: 'read' | 'swap', run: () => T): Promise<T> => {
      const startedAt = clock.now()
      return this.#surroundings.task(`a ${operation}`, () => {
        const fate = this.#surroundings.storeFate(operation)
        if (
          fate === 'failed' ||
          (operation === 'read' && fate === 'lost') ||
          clock.now() - startedAt >= DEFAULT_TIMING.storeDeadline
        )
          this.#storeFailed = true
        if (fate === 'failed') throw new Error('the store is down')
        const result = run()
        if (fate === 'lost') throw new Error('the answer of the store was lost')
        return result
      })
    }
    return {
      read: (key) => act('read', () => store.read(key) as string | undefined),
      swap: (key, expected, next) =>
        act('swap', () => {
          const swapped = store.swap(key, expected, next) as boolean
          if (swapped) {
            this.#text = next
            this.#use(this.#record()?.refreshToken)
          }
          return swapped
        }),
    }
  }
}

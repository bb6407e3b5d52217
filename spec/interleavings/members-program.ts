// Programs over two to four processes that share one session, on a server that ends the session whose spent refresh token is presented
// again. Processes stop between any two steps, for a while or for ever; responses are lost; the store is slow and fails.
import fc from 'fast-check'
import { isTokenError, ReauthenticationRequiredError } from '../../lib/errors.ts'
import type { Token, TokenManager } from '../../lib/index.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import type { Presence, TokenStore } from '../../lib/stores/token-store.ts'
import { DEFAULT_TIMING } from '../../lib/token/schedule.ts'
import { readRecord, type SessionRecord, writeRecord } from '../../lib/token/session-record.ts'
import { Members } from '../support/sessions.ts'
import { StoppableProcess } from '../support/stoppable-process.ts'
import { type Connection, ObservedServer, type Presentation } from './observed-server.ts'
import { type Advance, advanceBy, type Model, programs, runner, type Scheduler } from './scheduler.ts'

type Act = 'get' | 'reject' | 'adopt' | 'exchange' | 'clear' | 'revoke' | 'stop' | 'continue' | 'kill'
type Step = { readonly do: Act; readonly member: number } | Advance

const MEMBERS = [0, 1, 2, 3]
/** Seconds. */
const LIFETIME = 100
/** How long a claim must be seen unchanged before another member takes over, unless its holder is known to be dead. */
const CLAIM_MS = DEFAULT_TIMING.flightDeadline + DEFAULT_TIMING.storeDeadline
/** Longer than any pause after failures, and than the life of a token: whoever asks then must look into the store. */
const LONG_MS = 121_000

const act = (...acts: Act[]): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constantFrom(...acts), member: fc.constantFrom(...MEMBERS) })

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: act('get', 'get', 'reject') },
    { weight: 3, arbitrary: act('stop', 'continue', 'continue', 'kill') },
    { weight: 3, arbitrary: advanceBy(1_000, 6_000, 20_000, 45_000, 100_000) },
    { weight: 1, arbitrary: act('adopt', 'exchange', 'clear', 'revoke') },
  ),
  { minLength: 1, maxLength: 24, size: 'max' },
)

export const membersPrograms = programs(steps, 'max')
export const runMembers = runner<Step>((scheduler) => new MembersModel(scheduler))

/** A process with its manager. */
interface Member {
  readonly process: StoppableProcess
  readonly tokens: TokenManager
  readonly rejected: Set<string>
  /** Logins that it has ended. */
  readonly ended: Set<number>
  generation: number
  /** When it last claimed the session: the moment, and the number of the swap. */
  claimedAt: number
  claimedBy: number
}

/** A request with a refresh token, and the claim it was sent under. */
type Claimed = Pick<Member, 'claimedAt' | 'process'>

class MembersModel implements Model<Step> {
  readonly #scheduler: Scheduler
  readonly #server: ObservedServer
  readonly #members: Members
  readonly #all: Member[] = []
  readonly #store = memoryStore()
  readonly #begun: string
  readonly #hasPresence: boolean
  readonly #hasWatch: boolean
  readonly #living = new Map<string, Member>()
  readonly #claims = new WeakMap<Presentation, Claimed>()
  #text: string | undefined
  #swaps = 0
  #signs = 0
  /** Lineages that another has replaced, and the refresh tokens that have been replaced in each, by the number of the swap. */
  readonly #left = new Set<string>()
  readonly #replaced = new Map<string, number>()
  /** Access tokens that were written so long after they were issued that others cannot tell it from a clock that is wrong. */
  readonly #late = new Set<string>()
  #asked = 0

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
    this.#server = new ObservedServer(scheduler.clock, (message) => {
      scheduler.violated(message)
    })
    this.#server.strict.lifetime = LIFETIME
    const { accessToken, refreshToken } = this.#server.login(0)
    this.#begun = writeRecord({
      lineage: 'begun-elsewhere',
      generation: 1,
      refreshToken,
      tokens: {
        '': { accessToken, scheme: 'Bearer', obtainedAt: scheduler.clock.now(), lifetime: LIFETIME * 1_000 },
      },
    }).text
    this.#hasPresence = scheduler.outcome([false, true])
    this.#hasWatch = scheduler.outcome([false, true])
    this.#members = new Members({}, this.#server.strict, scheduler.clock)
    for (const slot of MEMBERS.slice(0, scheduler.outcome([2, 3, 4]))) this.#all[slot] = this.#start()
  }

  async run(program: readonly Step[]): Promise<void> {
    const check = (): void => {
      this.#check()
    }
    const goOn = MEMBERS.map((member): Step => ({ do: 'continue', member }))
    await this.#scheduler.run([...program, ...goOn], (step) => this.#perform(step), check)
    await this.#scheduler.runUntilIdle(check)
    for (const member of this.#all) await this.#checkEnd(member, check)
  }

  #perform(step: Step): unknown {
    if (step.do === 'advance') return this.#scheduler.advance(step.ms)
    const slot = step.member % this.#all.length
    const member = this.#all[slot]
    if (!member) return undefined
    if (step.do === 'stop') member.process.stop()
    else if (step.do === 'continue') member.process.continue()
    else if (step.do === 'kill') {
      member.process.kill()
      this.#all[slot] = this.#start()
    } else
      void member.process.waitFor(() =>
        this.#scheduler.task(step.do, () => {
          if (!member.process.isDead) this.#call(member, step.do)
        }),
      )
    return undefined
  }

  #call(member: Member, call: Act): void {
    const { tokens } = member
    this.#asked += 1
    const last = tokens.peek()
    switch (call) {
      case 'reject':
        if (last) member.rejected.add(last.accessToken)
        this.#serve(member, last ? tokens.renew(last) : tokens.token())
        return
      case 'adopt': {
        const pair = this.#server.login(this.#asked)
        const { accessToken, refreshToken, expiresAt } = pair
        this.#serve(member, tokens.adopt({ accessToken, refreshToken, expiresAt }), true)
        return
      }
      case 'exchange':
        this.#serve(
          member,
          tokens
            .exchangeCallback(this.#server.callback(this.#asked), { state: 'state-value' })
            .then(({ token }) => token),
          true,
        )
        return
      case 'clear':
      case 'revoke':
        if (last) member.ended.add(this.#server.pairOf(last.accessToken)?.login ?? -1)
        this.#settle(member, call === 'clear' ? tokens.clear() : tokens.revoke())
        return
      default:
        this.#serve(member, tokens.token())
    }
  }

  #serve(member: Member, promise: Promise<Token>, isLogin = false): void {
    this.#settle(
      member,
      promise.then((token) => {
        this.#checkServed(token, member, isLogin)
      }),
    )
  }

  /** Settles, unless the process dies first. */
  #settle(member: Member, promise: Promise<unknown>): void {
    const settled = promise.catch((error: unknown) => {
      if (!isTokenError(error)) this.#violated(`an error that is none of the library's: ${String(error)}`)
    })
    this.#scheduler.mustSettle(Promise.race([settled, member.process.death]))
  }

  #check(): void {
    for (const member of this.#all) {
      const token = member.tokens.peek()
      if (!token) continue
      const { expiresAt = 0 } = this.#server.pairOf(token.accessToken) ?? {}
      if (expiresAt <= this.#scheduler.clock.now() && !this.#late.has(token.accessToken))
        this.#violated('an expired token was served')
      this.#checkServed(token, member)
    }
  }

  #checkServed(token: Token, member: Member, isLogin = false): void {
    const pair = this.#server.pairOf(token.accessToken)
    // A login gives its own token, whatever became of it meanwhile. A process may be stopped for longer than a token lives before it uses it.
    if (!isLogin) {
      if (pair && member.ended.has(pair.login)) this.#violated('a token was served of a session that its process ended')
      if (member.rejected.has(token.accessToken)) this.#violated('a rejected token was served')
    }
    if (token.generation < member.generation) this.#violated('an older generation was served after a newer one')
    member.generation = token.generation
  }

  /** Whoever asks now is served the session that the store has, or learns that it is over. */
  async #checkEnd(member: Member, check: () => void): Promise<void> {
    for (let tries = 0; tries < 3; tries += 1) {
      // A pause in the store counts from when it is first seen.
      await this.#scheduler.advance(LONG_MS)
      const asked = member.tokens.token().then(
        (token) => token,
        (error: unknown) => error,
      )
      this.#scheduler.mustSettle(asked)
      await this.#scheduler.run([], () => undefined, check)
      await this.#scheduler.runUntilIdle(check)
      const answer = await asked
      const record = this.#record()
      const login = this.#server.pairOf(record?.refreshToken ?? '')?.login
      if (answer instanceof Error) {
        if (answer instanceof ReauthenticationRequiredError && !record?.end)
          this.#violated('a member gave up a session that goes on')
        if (record?.end) return
        continue
      }
      if (record?.end?.kind === 'cleared') this.#violated('a token was served after a logout')
      if (login !== undefined && this.#server.pairOf((answer as Token).accessToken)?.login !== login)
        this.#violated('another session is served than the one in the store')
      return
    }
    this.#violated('a member is stuck')
  }

  /**
   * A refresh token may be in two requests, or be sent again after it was rotated, only where the holder of the first claim died, or kept it
   * for longer than a claim lasts, and nobody has written its successor.
   */
  #mayRepeat(earlier: Presentation, sender: Member): boolean {
    const replacedBy = this.#replaced.get(earlier.refreshToken)
    if (replacedBy !== undefined && replacedBy < sender.claimedBy) return false
    const first = this.#claims.get(earlier)
    if (!first || first.process === sender.process) return false
    return first.process.isDead || this.#scheduler.clock.now() - first.claimedAt >= CLAIM_MS
  }

  #start(): Member {
    const { clock } = this.#scheduler
    const process = new StoppableProcess(clock)
    const connection: Connection = {
      delay: async (label) => {
        await this.#scheduler.task(label, () => undefined)
        // The response waits in the socket of a process that is stopped.
        if (label === 'a response') await process.running()
      },
      fate: () =>
        this.#scheduler.outcome(['token', 'token', 'token', 'unavailable', 'token', 'lost', 'dropped', 'not-sent']),
      delivered: () => undefined,
      sent: (presentation) => {
        this.#claims.set(presentation, { claimedAt: member.claimedAt, process })
      },
      mayRepeat: (earlier) => this.#mayRepeat(earlier, member),
    }
    const tokens = this.#members.consented({
      clock: process.clock,
      store: this.#storeOf(process, () => member),
      transport: this.#server.transport(connection),
    })
    const member: Member = {
      process,
      tokens,
      rejected: new Set(),
      ended: new Set(),
      generation: 0,
      claimedAt: -Infinity,
      claimedBy: -1,
    }
    return member
  }

  #storeOf(process: StoppableProcess, member: () => Member): TokenStore {
    const work = <T>(operation: 'read' | 'swap', run: () => T): Promise<T> =>
      process.waitFor(() =>
        this.#scheduler.task(`a ${operation}`, () => {
          const fate = this.#scheduler.outcome(['done', 'done', 'done', 'failed', 'done', 'lost'])
          if (fate === 'failed') throw new Error('the store is down')
          const result = run()
          if (fate === 'lost') throw new Error('the answer of the store was lost')
          return result
        }),
      )
    const store = this.#store
    const begin = (key: string): void => {
      if (store.swap(key, undefined, this.#begun) === true) this.#text = this.#begun
    }
    return {
      read: (key) =>
        work('read', () => {
          begin(key)
          return store.read(key) as string | undefined
        }),
      swap: (key, expected, next) =>
        work('swap', () => {
          begin(key)
          const swapped = store.swap(key, expected, next) as boolean
          if (swapped) this.#swapped(next, member())
          return swapped
        }),
      ...(this.#hasWatch && {
        watch: (key: string, changed: () => void) => {
          const stop = store.watch?.(key, () => {
            void process.waitFor(() => this.#scheduler.task('a change', () => undefined)).then(changed)
          })
          return () => stop?.()
        },
      }),
      ...(this.#hasPresence && { presence: this.#presenceOf(member) }),
    }
  }

  #presenceOf(member: () => Member): Presence {
    return {
      begin: () => {
        const name = `sign-${String((this.#signs += 1))}`
        this.#living.set(name, member())
        return {
          name,
          end: () => {
            this.#living.delete(name)
          },
        }
      },
      gone: (name) => this.#living.get(name)?.process.isDead ?? true,
    }
  }

  /** Checks the invariants of a text that replaces another. */
  #swapped(next: string, by: Member): void {
    const before = this.#record()
    this.#text = next
    this.#swaps += 1
    const record = this.#record()
    if (!record) {
      this.#violated('an unreadable text was written')
      return
    }
    const { lineage, refreshToken, generation, end, claim, tokens } = record
    for (const { accessToken, obtainedAt } of Object.values(tokens))
      if (this.#scheduler.clock.now() - obtainedAt > CLAIM_MS) this.#late.add(accessToken)
    if (claim && claim.by !== '' && claim.by !== before?.claim?.by) {
      by.claimedAt = this.#scheduler.clock.now()
      by.claimedBy = this.#swaps
    }
    if (!before) return
    if (this.#left.has(lineage)) this.#violated('a login or a logout was buried')
    if (lineage !== before.lineage) {
      this.#left.add(before.lineage)
      return
    }
    if (generation < before.generation) this.#violated('an older generation was written over a newer one')
    if (before.end && !end) this.#violated('a session that had ended goes on')
    if (before.refreshToken !== undefined && refreshToken !== before.refreshToken)
      this.#replaced.set(before.refreshToken, this.#swaps)
    if (refreshToken !== undefined && this.#replaced.has(refreshToken))
      this.#violated('a spent refresh token was put back')
    const logins = [before, record].map((each) => this.#server.pairOf(each.refreshToken ?? '')?.login)
    if (logins[0] !== logins[1]) this.#violated('the tokens of one login were written over those of another')
    if (end?.kind === 'dead' && this.#server.strict.accepts(before.refreshToken))
      this.#violated('a session ended although its refresh token is good')
  }

  #record(): SessionRecord | undefined {
    const read = readRecord(this.#text)
    return read.kind === 'record' ? read.record : undefined
  }

  #violated(message: string): void {
    this.#scheduler.violated(message)
  }
}

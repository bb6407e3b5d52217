// The token held now, its refresh token, generation and epoch.
import type { TokenRecord } from '../stores/token-store.ts'
import type { IssuedToken } from '../token-endpoint/outcome.ts'
import type { Clock } from '../util/clock.ts'
import { defined } from '../util/objects.ts'
import type { SharedRefreshToken } from './acquire.ts'
import { schedule, type Schedule, scheduleForSameToken, type State, stateAt, type Timing } from './schedule.ts'
import { createToken, type Token } from './token.ts'

/** The token a manager holds, with what it must know besides: the record that the store keeps, and when its states change. */
export interface HeldToken {
  readonly token: Token
  readonly record: TokenRecord
  readonly schedule: Schedule
  /** A resource server refused it: it is as good as over. */
  readonly rejected: boolean
}

export class CurrentToken {
  readonly #clock: Clock
  readonly #timing: Timing
  #family: SharedRefreshToken
  #holding: HeldToken | undefined
  #epoch = 0
  #generation = 0
  #rejected: string | undefined

  /** `family`: with those who spend the same refresh token. */
  constructor(clock: Clock, timing: Timing, family: SharedRefreshToken = {}) {
    this.#family = family
    this.#clock = clock
    this.#timing = timing
  }

  get family(): SharedRefreshToken {
    return this.#family
  }

  get holding(): HeldToken | undefined {
    return this.#holding
  }

  /** Rises when what is held comes from elsewhere or goes: a flight that began before must not change it. */
  get epoch(): number {
    return this.#epoch
  }

  /** The token, while it lives and no resource server has refused it. */
  usable(now: number): Token | undefined {
    return this.state(now) === 'EXPIRED' ? undefined : this.#holding?.token
  }

  /** `minValidity` makes a token critical that would not live so long, half its lifetime at most. */
  state(now: number, minValidity = 0): State {
    const holding = this.#holding
    if (holding?.rejected === true) return 'EXPIRED'
    const state = stateAt(holding?.schedule, now)
    if (!holding || minValidity === 0 || (state !== 'FRESH' && state !== 'STALE')) return state
    const { expiresAt } = holding.schedule
    const wanted = Math.min(minValidity, (expiresAt - holding.record.obtainedAt) / 2)
    return expiresAt - now < wanted ? 'CRITICAL' : state
  }

  /** Compare-and-set: only the token that is held can be made unusable; of a token that is not, nothing need be remembered. */
  reject(accessToken: string): void {
    const holding = this.#holding
    if (holding && holding.token.accessToken !== accessToken) return
    this.#rejected = accessToken
    if (holding) this.#holding = { ...holding, rejected: true }
  }

  /** Prepares to hold what a record says, as a newer generation unless it is the same token again. */
  async prepare(record: Omit<TokenRecord, 'generation'>): Promise<HeldToken> {
    const again = this.#holding?.token.accessToken === record.accessToken
    const generation = again ? this.#generation : this.#generation + 1
    const whole: TokenRecord = { ...record, generation }
    const drawn = schedule(record, this.#timing, this.#clock.random())
    return {
      token: await createToken(whole),
      record: whole,
      schedule: again ? scheduleForSameToken(drawn, this.#clock.now()) : drawn,
      rejected: record.accessToken === this.#rejected,
    }
  }

  /** Holds it from now on. */
  set(holding: HeldToken): void {
    this.#generation = holding.token.generation
    const { refreshToken, obtainedAt } = holding.record
    Object.assign(this.#family, { refreshToken, obtainedAt })
    this.#holding = holding
  }

  /** Holds what a store kept, unless something came from elsewhere meanwhile. A newer refresh token of the family stays. */
  async setFromStore(record: TokenRecord): Promise<void> {
    const epoch = this.#epoch
    const holding = await this.prepare(record)
    if (this.#epoch !== epoch) return
    const { refreshToken = record.refreshToken, obtainedAt = 0 } = this.#family
    this.set(holding)
    if (obtainedAt >= record.obtainedAt || record.refreshToken === undefined)
      Object.assign(this.#family, { refreshToken, obtainedAt })
  }

  /** Holds what came from elsewhere, or nothing: flights under way no longer count. */
  reset(holding: HeldToken | undefined): void {
    this.#epoch += 1
    this.#rejected = undefined
    this.#family = {}
    this.#holding = undefined
    if (holding) this.set(holding)
  }
}

/** What is kept of an answer; `sentAt` in epoch milliseconds. A missing refresh token keeps the old one. */
export function recordOf(
  issued: IssuedToken,
  sentAt: number,
  refreshToken: string | undefined,
): Omit<TokenRecord, 'generation'> {
  const { accessToken, scheme, expiresIn, expiresAt, renewIn, scope, kept } = issued
  return {
    accessToken,
    scheme,
    obtainedAt: sentAt,
    ...defined({
      expiresAt: expiresAt ?? (expiresIn === undefined ? undefined : sentAt + expiresIn),
      renewAt: renewIn === undefined ? undefined : sentAt + renewIn,
      scope,
      refreshToken: issued.refreshToken ?? refreshToken,
      kept,
    }),
  }
}

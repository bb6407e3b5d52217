// The token that a manager serves: what the record says of its slot, as a value with its turning points.
import type { Clock } from '../util/clock.ts'
import { defined } from '../util/objects.ts'
import { schedule, type Schedule, scheduleForSameToken, type State, stateAt, type Timing } from './schedule.ts'
import type { Session } from './session.ts'
import type { StoredToken } from './session-record.ts'
import { createToken, type Token } from './token.ts'
import type { IssuedToken } from './token-grant.ts'

/** A token and when its states change. */
export interface HeldToken {
  readonly token: Token
  readonly stored: StoredToken
  readonly schedule: Schedule
  /** A resource server refused it: it counts as expired. */
  readonly rejected: boolean
}

export class CurrentToken {
  readonly #session: Session
  readonly #slot: string
  readonly #clock: Clock
  readonly #timing: Timing
  #held: HeldToken | undefined
  #lineage: string | undefined
  #generation = 0
  #rejected: string | undefined

  constructor(session: Session, slot: string, clock: Clock, timing: Timing) {
    this.#session = session
    this.#slot = slot
    this.#clock = clock
    this.#timing = timing
  }

  get held(): HeldToken | undefined {
    return this.#held
  }

  /** The token, while it lives and no resource server has refused it. */
  usable(now: number): Token | undefined {
    return this.state(now) === 'EXPIRED' ? undefined : this.#held?.token
  }

  /** `minValidity` makes a token critical that would not live so long, half its lifetime at most. */
  state(now: number, minValidity = 0): State {
    const held = this.#held
    if (held?.rejected === true) return 'EXPIRED'
    const state = stateAt(held?.schedule, now)
    if (!held || minValidity === 0 || (state !== 'FRESH' && state !== 'STALE')) return state
    const { expiresAt } = held.schedule
    const wanted = Math.min(minValidity, (expiresAt - held.stored.obtainedAt) / 2)
    return expiresAt - now < wanted ? 'CRITICAL' : state
  }

  /** Compare-and-set: only the token that is held becomes unusable. */
  reject(accessToken: string): void {
    const held = this.#held
    if (held && held.token.accessToken !== accessToken) return
    this.#rejected = accessToken
    if (held) this.#held = { ...held, rejected: true }
  }

  /** Whether the record's token of this slot is not the one held. */
  isOutdated(): boolean {
    const { record } = this.#session
    return record?.lineage !== this.#lineage || this.#stored()?.accessToken !== this.#held?.token.accessToken
  }

  get lineage(): string | undefined {
    return this.#lineage
  }

  /** Drops the token of a lineage that another has replaced. */
  leaveLineage(): void {
    const { record } = this.#session
    if (record?.lineage === this.#lineage) return
    this.#lineage = record?.lineage
    if (this.#stored()?.accessToken === this.#held?.token.accessToken) return
    this.#held = undefined
  }

  /** Holds what the record says now. A session that has ended leaves the token it had while that lives; a logout does not. */
  async follow(): Promise<void> {
    this.leaveLineage()
    const stored = this.#stored()
    if (stored === undefined || this.#session.record?.end) return
    if (stored === this.#held?.stored || sameToken(stored, this.#held?.stored)) return
    const next = await this.#prepare(stored)
    // Something newer came while the fingerprint was made.
    if (!sameToken(stored, this.#stored())) return
    this.#generation = next.token.generation
    this.#held = { ...next, rejected: stored.accessToken === this.#rejected }
  }

  #stored(): StoredToken | undefined {
    const { record } = this.#session
    return record && record.end?.kind !== 'cleared' && Object.hasOwn(record.tokens, this.#slot)
      ? record.tokens[this.#slot]
      : undefined
  }

  async #prepare(stored: StoredToken): Promise<HeldToken> {
    const again = this.#held?.token.accessToken === stored.accessToken
    const generation = again ? this.#generation : this.#generation + 1
    const end = this.#session.expiresAt(stored)
    const obtainedAt = stored.lifetime === undefined ? stored.obtainedAt : end - stored.lifetime
    const life = defined({
      obtainedAt,
      expiresAt: end === Infinity ? undefined : end,
      renewAt: stored.renewIn === undefined ? undefined : obtainedAt + stored.renewIn,
    })
    const drawn = schedule(life, this.#timing, this.#clock.random())
    const { accessToken, scheme, scope } = stored
    return {
      token: await createToken({ accessToken, scheme, generation, ...defined({ ...life, renewAt: undefined, scope }) }),
      stored,
      schedule: again ? scheduleForSameToken(drawn, this.#clock.now()) : drawn,
      rejected: false,
    }
  }
}

function sameToken(a: StoredToken, b: StoredToken | undefined): boolean {
  return a.accessToken === b?.accessToken && a.obtainedAt === b.obtainedAt && a.lifetime === b.lifetime
}

/** An issued token as a record keeps it; `sentAt` in epoch milliseconds. */
export function storedToken(issued: IssuedToken, sentAt: number): StoredToken {
  const { accessToken, scheme, expiresIn, expiresAt, renewIn, scope } = issued
  const lifetime = expiresAt === undefined ? expiresIn : Math.max(0, expiresAt - sentAt)
  return { accessToken, scheme, obtainedAt: sentAt, ...defined({ lifetime, renewIn, scope }) }
}

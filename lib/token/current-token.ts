// The token that a manager serves: what the record says of its slot, as a value with its turning points.
import type { Clock } from '../util/clock.ts'
import { defined } from '../util/objects.ts'
import { schedule, type Schedule, scheduleForSameToken, type State, stateAt, type Timing } from './schedule.ts'
import type { Session } from './session.ts'
import type { StoredToken } from './session-record.ts'
import { createToken, type Token } from './token.ts'
import type { IssuedToken } from './token-grant.ts'
import type { TokenHistory } from './token-source.ts'

/** A token and when its states change. */
export interface HeldToken {
  readonly token: Token
  readonly stored: StoredToken
  readonly schedule: Schedule
  /** Whether any resource server has rejected it. */
  readonly rejected: boolean
}

/** Rejections are remembered of this many access tokens: a store that fails may bring one back. */
const REJECTED_KEPT = 8

export class CurrentToken {
  readonly #session: Session
  readonly #slot: string
  readonly #clock: Clock
  readonly #timing: Timing
  #held: HeldToken | undefined
  /** The token that a renewal has replaced. */
  #predecessor: HeldToken | undefined
  /** On the monotonic clock. */
  #heldSince = 0
  #lineage: string | undefined
  #generation = 0
  /** The origins that have rejected an access token; `undefined` stands for all. */
  readonly #rejections = new Map<string, Set<string | undefined>>()

  constructor(session: Session, slot: string, clock: Clock, timing: Timing) {
    this.#session = session
    this.#slot = slot
    this.#clock = clock
    this.#timing = timing
  }

  get held(): HeldToken | undefined {
    return this.#held
  }

  /** The token, while it lives and has not been rejected for all origins. */
  usable(now: number): Token | undefined {
    return this.state(now) === 'EXPIRED' ? undefined : this.#held?.token
  }

  /**
   * The state for an origin, in which a token counts as expired that the origin has rejected. `minValidity` makes a token critical that
   * would not live so long, half its lifetime at most.
   */
  state(now: number, minValidity = 0, origin?: string): State {
    const held = this.#held
    if (held?.rejected === true && this.isRejected(held.token, origin)) return 'EXPIRED'
    const state = stateAt(held?.schedule, now)
    if (!held || minValidity === 0 || (state !== 'FRESH' && state !== 'STALE')) return state
    const { expiresAt } = held.schedule
    const wanted = Math.min(minValidity, (expiresAt - held.stored.obtainedAt) / 2)
    return expiresAt - now < wanted ? 'CRITICAL' : state
  }

  /** Remembers that an origin has rejected the token; without an origin, for all. */
  reject({ accessToken }: Token, origin: string | undefined): void {
    const origins = this.#rejections.get(accessToken) ?? new Set()
    this.#rejections.delete(accessToken)
    this.#rejections.set(accessToken, origins.add(origin))
    const [oldest] = this.#rejections.keys()
    if (this.#rejections.size > REJECTED_KEPT && oldest !== undefined) this.#rejections.delete(oldest)
    if (this.#held?.token.accessToken === accessToken) this.#held = { ...this.#held, rejected: true }
  }

  /** Whether the origin has rejected the token. */
  isRejected({ accessToken }: Token, origin: string | undefined): boolean {
    const origins = this.#rejections.get(accessToken)
    return origins !== undefined && (origins.has(undefined) || (origin !== undefined && origins.has(origin)))
  }

  /** A token that was rejected is adopted: it is tried again. */
  forgive(accessToken: string): void {
    this.#rejections.delete(accessToken)
  }

  history(token: Token): TokenHistory | undefined {
    if (token !== this.#held?.token) return undefined
    const { token: before, schedule: life } = this.#predecessor ?? {}
    const isUsable = before && life && this.#clock.now() < life.expiresAt && !this.#rejections.has(before.accessToken)
    return { heldFor: this.#clock.monotonic() - this.#heldSince, predecessor: isUsable ? before : undefined }
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
    this.#predecessor = undefined
  }

  /** Holds what the record says now. A session that has ended leaves the token it had while that lives; a logout does not. */
  async follow(): Promise<void> {
    this.leaveLineage()
    const stored = this.#stored()
    if (stored === undefined || this.#session.record?.end) return
    if (stored === this.#held?.stored || sameToken(stored, this.#held?.stored)) return
    const next = await this.#prepare(stored)
    // Something newer came while the fingerprint was made, or another call was first.
    if (!sameToken(stored, this.#stored()) || sameToken(stored, this.#held?.stored)) return
    this.#generation = next.token.generation
    if (stored.accessToken !== this.#held?.token.accessToken) {
      this.#predecessor = this.#held
      this.#heldSince = this.#clock.monotonic()
    }
    this.#held = { ...next, rejected: this.#rejections.has(stored.accessToken) }
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
    const known = defined({ ...life, renewAt: undefined, scope, kept: this.#session.record?.kept })
    return {
      token: await createToken({ accessToken, scheme, generation, ...known }),
      stored,
      schedule: again ? scheduleForSameToken(drawn, this.#clock.now()) : drawn,
      rejected: false,
    }
  }
}

function sameToken(a: StoredToken, b: StoredToken | undefined): boolean {
  return a.accessToken === b?.accessToken && a.obtainedAt === b.obtainedAt && a.lifetime === b.lifetime
}

/** Shorter lifetimes count as this many milliseconds: a server's mistake must not cause a renewal for each request. */
const MIN_LIFETIME = 1_000

/** An issued token as a record keeps it; `sentAt` in epoch milliseconds. */
export function storedToken(issued: IssuedToken, sentAt: number): StoredToken {
  const { accessToken, scheme, expiresIn, renewIn, scope } = issued
  const floored = { lifetime: atLeastMinimum(expiresIn), renewIn: atLeastMinimum(renewIn) }
  return { accessToken, scheme, obtainedAt: sentAt, ...defined({ ...floored, scope }) }
}

function atLeastMinimum(duration: number | undefined): number | undefined {
  return duration === undefined ? undefined : Math.max(MIN_LIFETIME, duration)
}

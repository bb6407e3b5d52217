// How a flight ends. Order: the store is written before anyone is released, for a crash in between would lose a rotated refresh token;
// then the token is swapped, told, and given to those who wait.
import type { Values } from '../endpoint/fill.ts'
import type { TokenError } from '../errors.ts'
import type { Emitter } from './events.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import type { Climb, Question, Reached, RefreshFamily, Unreached } from './ladder.ts'
import type { Settings } from './options.ts'
import type { Possession } from './possession.ts'
import { recordOf } from './record-of.ts'
import { cleared, exhausted, promptRequired, sameAgain } from './refusals.ts'
import type { Flight } from './renewal-queue.ts'
import type { Token } from './token.ts'
import type { Vault } from './vault.ts'

export interface LandingContext {
  readonly settings: Settings
  readonly possession: Possession
  readonly gatekeeper: Gatekeeper
  readonly vault: Vault
  readonly events: Emitter
  /** Has a token revoked that nobody will use. */
  readonly discard: (accessToken: string) => void
}

/** A flight as its landing sees it. */
export interface Trip {
  readonly flight: Flight<Token>
  readonly departedAt: number
  /** Of the possession when it left. */
  readonly epoch: number
  /** With whom it shares what it spends. */
  readonly family: RefreshFamily
}

export class Landing {
  readonly #context: LandingContext
  readonly #answer: (question: Question, answer: Values) => Promise<void>

  constructor(context: LandingContext, answer: (question: Question, answer: Values) => Promise<void>) {
    this.#context = context
    this.#answer = answer
  }

  async land(climb: Exclude<Climb, { kind: 'stored' }>, trip: Trip): Promise<Token> {
    const { epoch } = this.#context.possession
    if (climb.kind === 'token') return epoch === trip.epoch ? this.#commit(climb, trip) : this.#drop(climb, trip)
    return epoch === trip.epoch ? this.#fail(climb, trip) : this.superseded()
  }

  /** What those get who waited for a flight that no longer counts: what is held now. */
  superseded(): Token {
    const { settings, possession } = this.#context
    const token = possession.usable(settings.clock.now())
    if (token) return token
    throw cleared(settings.provider.id)
  }

  async #commit(climb: Reached, trip: Trip): Promise<Token> {
    const { flight, departedAt, epoch } = trip
    const { settings, possession, gatekeeper, vault, events } = this.#context
    const before = possession.holding
    const next = await possession.weigh(recordOf(climb.issued, climb.sentAt, possession.family.refreshToken))
    await vault.keep(next.record)
    if (possession.epoch !== epoch) {
      await vault.keep(possession.holding?.record)
      return this.#drop(climb, trip)
    }
    possession.take(next)
    if (next.rejected) {
      return this.#fail({ kind: 'failure', failure: sameAgain(settings.provider.id) }, trip)
    }
    gatekeeper.open()
    events.emit(before ? 'renewed' : 'acquired', () => ({
      generation: next.token.generation,
      fingerprint: next.token.fingerprint,
      grant: climb.grant,
      duration: settings.clock.now() - departedAt,
      waiters: flight.waiters,
    }))
    return next.token
  }

  /** Closes the gate, tells, and serves the current token while it lives: a failed renewal makes no token unusable. */
  #fail(climb: Unreached, { flight, departedAt }: Trip): Token {
    const { settings, possession, events } = this.#context
    const error = this.#closeGate(climb)
    const duration = settings.clock.now() - departedAt
    events.emit('failed', () => ({ error, duration, waiters: flight.waiters }))
    if (climb.kind !== 'failure') events.emit('dead', () => ({ error }))
    const token = possession.usable(settings.clock.now())
    if (token) return token
    throw error
  }

  #closeGate(climb: Unreached): TokenError {
    const { settings, gatekeeper } = this.#context
    const { id } = settings.provider
    if (climb.kind === 'failure') return gatekeeper.close(climb.failure)
    return gatekeeper.die(
      climb.kind === 'question'
        ? promptRequired(id, climb.question.grant, (answer) => this.#answer(climb.question, answer))
        : (climb.error ?? exhausted(id, climb.failure)),
    )
  }

  /** clear() or adopt() came between: nobody will use what was brought home. */
  #drop({ grant, issued: { accessToken, refreshToken }, sentAt }: Reached, { family }: Trip): Token {
    // Those who share a refresh token that was spent here go on with the one it was changed for.
    if (grant === 'refresh_token' && refreshToken !== undefined)
      Object.assign(family, { refreshToken, obtainedAt: sentAt })
    this.#context.discard(accessToken)
    return this.superseded()
  }
}

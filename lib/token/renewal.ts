// One renewal: leaves the queue, checks again whether it is still needed, obtains a token, stores it, then releases the waiters.
import type { TokenError } from '../errors.ts'
import type { Values } from '../token-endpoint/build-request.ts'
import { requestToken } from '../token-endpoint/request-token.ts'
import type { TokenTransport } from '../token-endpoint/transport.ts'
import { Deadline } from '../util/abort.ts'
import {
  type Climb,
  consult,
  type Ladder,
  type Question,
  type Reached,
  type RefreshFamily,
  type Steps,
  type Unreached,
} from './acquire.ts'
import { type Holding, type Possession, recordOf } from './current-token.ts'
import type { Gatekeeper } from './endpoint-breaker.ts'
import { cleared, exhausted, promptRequired, sameAgain } from './errors.ts'
import type { Emitter } from './events.ts'
import type { Settings } from './options.ts'
import type { Vault } from './persistence.ts'
import type { Flight, RenewalQueue } from './renewal-queue.ts'
import type { Token } from './token.ts'

interface FlightContext extends LandingContext {
  readonly transport: TokenTransport
  readonly ladder: Ladder
  readonly queue: RenewalQueue
}

type Climber = (steps: Steps) => Promise<Climb>

const ATTEMPTS = 3

export class Flights {
  readonly #context: FlightContext
  readonly #landing: Landing
  #deadline: Deadline | undefined
  #storeRead = false

  constructor(context: FlightContext) {
    this.#context = context
    this.#landing = new Landing(context, (question, answer) => this.#answer(question, answer))
  }

  /** The flight to wait for: the one under way, or a new one. */
  board(): Flight<Token> {
    const { queue, events } = this.#context
    const flight = queue.flight<Token>(this)
    if (!flight) return this.#depart(true)
    queue.hurry(this)
    events.emit('joined', () => ({ waiters: flight.waiters + 1 }))
    return flight
  }

  /** Renews behind everybody's back, unless that is under way. */
  renewBehind(): void {
    if (!this.#context.queue.flight<Token>(this)) this.#depart(false)
  }

  /** Somebody waits: the process must not end before the flight does. */
  hold(): void {
    this.#deadline?.hold()
  }

  get underWay(): boolean {
    return this.#context.queue.flight(this) !== undefined
  }

  /** What is under way brings nothing home any more. */
  abandon(): void {
    this.#storeRead = true
    this.#context.queue.abandon(this)
  }

  /** Lands or fails with the flight under way. */
  async settled(): Promise<void> {
    await this.#context.queue.flight<Token>(this)?.landing.catch(() => undefined)
  }

  /** Answers a question the server asked earlier. */
  async #answer(question: Question, answer: Values): Promise<void> {
    const { ladder, queue } = this.#context
    await queue.flight<Token>(this)?.landing.catch(() => undefined)
    await this.#depart(true, (steps) => ladder.answer(question, answer, steps)).landing
  }

  #depart(urgent: boolean, answer?: Climber): Flight<Token> {
    const { settings, queue, possession, ladder } = this.#context
    const { epoch, holding, family } = possession
    const flight: Flight<Token> = queue.start<Token>(this, family, urgent, async () => {
      // Let go while it stood in the queue: it sends nothing.
      if (possession.epoch !== epoch) return this.#landing.superseded()
      const deadline = this.#takeOff(flight)
      const trip = { flight, departedAt: settings.clock.now(), epoch, family }
      try {
        const token = answer ? undefined : await this.#lookAgain(epoch, holding)
        if (token) return token
        // Let go while the store was read: it sends nothing either.
        if (possession.epoch !== epoch) return this.#landing.superseded()
        return await this.#climb(answer ?? ((steps) => ladder.climb(steps)), deadline, trip)
      } finally {
        deadline.end()
        if (this.#deadline === deadline) this.#deadline = undefined
      }
    })
    return flight
  }

  #takeOff(flight: Flight<Token>): Deadline {
    const { clock, timing } = this.#context.settings
    const deadline = new Deadline(clock, timing.flightDeadline)
    this.#deadline = deadline
    if (flight.waiters > 0) deadline.hold()
    return deadline
  }

  /** The token, when it turns out that no request is needed; throws when none may be made. */
  async #lookAgain(epoch: number, before: Holding | undefined): Promise<Token | undefined> {
    const { settings, possession, gatekeeper, vault } = this.#context
    const { clock } = settings
    const closed = gatekeeper.gate(clock.now()) !== 'open'
    if (!this.#storeRead || closed) {
      const record = await vault.read()
      this.#storeRead = true
      if (record && possession.epoch === epoch && record.accessToken !== possession.holding?.token.accessToken) {
        await possession.takeStored(record)
        if (gatekeeper.gate(clock.now()) === 'dead') gatekeeper.open()
      }
    }
    const now = clock.now()
    if (possession.holding !== before && possession.state(now) !== 'CRITICAL') {
      const token = possession.usable(now)
      if (token) return token
    }
    if (gatekeeper.gate(now) !== 'open' && gatekeeper.error) throw gatekeeper.error
    return undefined
  }

  async #climb(climber: Climber, deadline: Deadline, trip: Trip): Promise<Token> {
    const { settings, possession, ladder } = this.#context
    const steps = this.#steps(deadline)
    let climb = await climber(steps)
    // Another process has renewed: what it got is taken, and renewed again should it be no good.
    while (climb.kind === 'stored') {
      await possession.takeStored(climb.record)
      const usable = possession.usable(settings.clock.now())
      if (usable) return usable
      if (possession.epoch !== trip.epoch) return this.#landing.superseded()
      climb = await ladder.climb(steps)
    }
    return this.#landing.land(climb, trip)
  }

  #steps(deadline: Deadline): Steps {
    const { settings, transport, possession, gatekeeper, vault } = this.#context
    const { provider, clock, onAmbiguousRefresh } = settings
    // Only the first flight after a success tries more than once; later ones are probes.
    const attempts = gatekeeper.unspoilt ? ATTEMPTS : 1
    return {
      ask: (grant, values) =>
        requestToken({
          provider,
          grant,
          values,
          transport,
          clock,
          signal: deadline.signal,
          deadline: deadline.endsAt,
          attempts,
          onAmbiguousRefresh,
        }),
      consult: (question) => deadline.suspend(() => consult(settings, question)),
      stored: () => vault.read(),
      family: possession.family,
      kept: possession.holding?.record.kept,
      accessToken: possession.usable(clock.now())?.accessToken,
    }
  }
}

// The store is written before waiters are released: a crash in between would lose a rotated refresh token.

interface LandingContext {
  readonly settings: Settings
  readonly possession: Possession
  readonly gatekeeper: Gatekeeper
  readonly vault: Vault
  readonly events: Emitter
  /** Has a token revoked that nobody will use. */
  readonly discard: (accessToken: string) => void
}

/** A flight as its landing sees it. */
interface Trip {
  readonly flight: Flight<Token>
  readonly departedAt: number
  /** Of the possession when it left. */
  readonly epoch: number
  /** With whom it shares what it spends. */
  readonly family: RefreshFamily
}

class Landing {
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

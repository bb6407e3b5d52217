// One renewal: leaves the queue, checks again whether it is still needed, obtains a token, stores it, then releases the waiters.
import type { TokenError } from '../errors.ts'
import type { Values } from '../token-endpoint/build-request.ts'
import { requestToken } from '../token-endpoint/request-token.ts'
import type { TokenTransport } from '../token-endpoint/transport.ts'
import { Deadline } from '../util/abort.ts'
import {
  type AcquisitionResult,
  askForPrompt,
  type TokenAcquisition,
  type PendingPrompt,
  type Acquired,
  type SharedRefreshToken,
  type AcquisitionContext,
  type NotAcquired,
} from './acquire.ts'
import { type HeldToken, type CurrentToken, recordOf } from './current-token.ts'
import type { EndpointBreaker } from './endpoint-breaker.ts'
import { cleared, exhausted, promptRequired, sameAgain } from './errors.ts'
import type { Emitter } from './events.ts'
import type { Settings } from './options.ts'
import type { TokenPersistence } from './persistence.ts'
import type { Flight, RenewalQueue } from './renewal-queue.ts'
import type { Token } from './token.ts'

interface FlightContext extends LandingContext {
  readonly transport: TokenTransport
  readonly acquisition: TokenAcquisition
  readonly queue: RenewalQueue
}

type Acquire = (context: AcquisitionContext) => Promise<AcquisitionResult>

const ATTEMPTS = 3

export class RenewalRunner {
  readonly #context: FlightContext
  readonly #landing: Landing
  #deadline: Deadline | undefined
  #storeRead = false

  constructor(context: FlightContext) {
    this.#context = context
    this.#landing = new Landing(context, (question, answer) => this.#answer(question, answer))
  }

  /** The flight to wait for: the one under way, or a new one. */
  join(): Flight<Token> {
    const { queue, events } = this.#context
    const flight = queue.flight<Token>(this)
    if (!flight) return this.#start(true)
    queue.prioritise(this)
    events.emit('joined', () => ({ waiters: flight.waiters + 1 }))
    return flight
  }

  /** Renews behind everybody's back, unless that is under way. */
  renewInBackground(): void {
    if (!this.#context.queue.flight<Token>(this)) this.#start(false)
  }

  /** Somebody waits: the process must not end before the flight does. */
  hold(): void {
    this.#deadline?.hold()
  }

  get underWay(): boolean {
    return this.#context.queue.flight(this) !== undefined
  }

  /** What is under way brings nothing home any more. */
  supersede(): void {
    this.#storeRead = true
    this.#context.queue.abandon(this)
  }

  /** Lands or fails with the flight under way. */
  async idle(): Promise<void> {
    await this.#context.queue.flight<Token>(this)?.promise.catch(() => undefined)
  }

  /** Answers a question the server asked earlier. */
  async #answer(question: PendingPrompt, answer: Values): Promise<void> {
    const { acquisition, queue } = this.#context
    await queue.flight<Token>(this)?.promise.catch(() => undefined)
    await this.#start(true, (context) => acquisition.answer(question, answer, context)).promise
  }

  #start(urgent: boolean, answer?: Acquire): Flight<Token> {
    const { settings, queue, current, acquisition } = this.#context
    const { epoch, holding, family } = current
    const flight: Flight<Token> = queue.start<Token>(this, family, urgent, async () => {
      // Let go while it stood in the queue: it sends nothing.
      if (current.epoch !== epoch) return this.#landing.superseded()
      const deadline = this.#startDeadline(flight)
      const started = { flight, startedAt: settings.clock.now(), epoch, family }
      try {
        const token = answer ? undefined : await this.#recheck(epoch, holding)
        if (token) return token
        // Let go while the store was read: it sends nothing either.
        if (current.epoch !== epoch) return this.#landing.superseded()
        return await this.#acquire(answer ?? ((context) => acquisition.acquire(context)), deadline, started)
      } finally {
        deadline.end()
        if (this.#deadline === deadline) this.#deadline = undefined
      }
    })
    return flight
  }

  #startDeadline(flight: Flight<Token>): Deadline {
    const { clock, timing } = this.#context.settings
    const deadline = new Deadline(clock, timing.flightDeadline)
    this.#deadline = deadline
    if (flight.waiters > 0) deadline.hold()
    return deadline
  }

  /** The token, when it turns out that no request is needed; throws when none may be made. */
  async #recheck(epoch: number, before: HeldToken | undefined): Promise<Token | undefined> {
    const { settings, current, breaker, persistence } = this.#context
    const { clock } = settings
    const closed = breaker.state(clock.now()) !== 'open'
    if (!this.#storeRead || closed) {
      const record = await persistence.read()
      this.#storeRead = true
      if (record && current.epoch === epoch && record.accessToken !== current.holding?.token.accessToken) {
        await current.setFromStore(record)
        if (breaker.state(clock.now()) === 'dead') breaker.reset()
      }
    }
    const now = clock.now()
    if (current.holding !== before && current.state(now) !== 'CRITICAL') {
      const token = current.usable(now)
      if (token) return token
    }
    if (breaker.state(now) !== 'open' && breaker.error) throw breaker.error
    return undefined
  }

  async #acquire(acquire: Acquire, deadline: Deadline, started: RenewalStart): Promise<Token> {
    const { settings, current, acquisition } = this.#context
    const context = this.#acquisitionContext(deadline)
    let result = await acquire(context)
    // Another process has renewed: what it got is taken, and renewed again should it be no good.
    while (result.kind === 'stored') {
      await current.setFromStore(result.record)
      const usable = current.usable(settings.clock.now())
      if (usable) return usable
      if (current.epoch !== started.epoch) return this.#landing.superseded()
      result = await acquisition.acquire(context)
    }
    return this.#landing.land(result, started)
  }

  #acquisitionContext(deadline: Deadline): AcquisitionContext {
    const { settings, transport, current, breaker, persistence } = this.#context
    const { provider, clock, onAmbiguousRefresh } = settings
    // Only the first flight after a success tries more than once; later ones are probes.
    const attempts = breaker.isClosed ? ATTEMPTS : 1
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
      prompt: (question) => deadline.suspend(() => askForPrompt(settings, question)),
      stored: () => persistence.read(),
      family: current.family,
      kept: current.holding?.record.kept,
      accessToken: current.usable(clock.now())?.accessToken,
    }
  }
}

// The store is written before waiters are released: a crash in between would lose a rotated refresh token.

interface LandingContext {
  readonly settings: Settings
  readonly current: CurrentToken
  readonly breaker: EndpointBreaker
  readonly persistence: TokenPersistence
  readonly events: Emitter
  /** Has a token revoked that nobody will use. */
  readonly discard: (accessToken: string) => void
}

/** A flight as its landing sees it. */
interface RenewalStart {
  readonly flight: Flight<Token>
  readonly startedAt: number
  /** Of the current when it left. */
  readonly epoch: number
  /** With whom it shares what it spends. */
  readonly family: SharedRefreshToken
}

class Landing {
  readonly #context: LandingContext
  readonly #answer: (question: PendingPrompt, answer: Values) => Promise<void>

  constructor(context: LandingContext, answer: (question: PendingPrompt, answer: Values) => Promise<void>) {
    this.#context = context
    this.#answer = answer
  }

  async land(result: Exclude<AcquisitionResult, { kind: 'stored' }>, started: RenewalStart): Promise<Token> {
    const { epoch } = this.#context.current
    if (result.kind === 'token')
      return epoch === started.epoch ? this.#commit(result, started) : this.#drop(result, started)
    return epoch === started.epoch ? this.#fail(result, started) : this.superseded()
  }

  /** What those get who waited for a flight that no longer counts: what is held now. */
  superseded(): Token {
    const { settings, current } = this.#context
    const token = current.usable(settings.clock.now())
    if (token) return token
    throw cleared(settings.provider.id)
  }

  async #commit(result: Acquired, started: RenewalStart): Promise<Token> {
    const { flight, startedAt, epoch } = started
    const { settings, current, breaker, persistence, events } = this.#context
    const before = current.holding
    const next = await current.prepare(recordOf(result.issued, result.sentAt, current.family.refreshToken))
    await persistence.save(next.record)
    if (current.epoch !== epoch) {
      await persistence.save(current.holding?.record)
      return this.#drop(result, started)
    }
    current.set(next)
    if (next.rejected) {
      return this.#fail({ kind: 'failure', failure: sameAgain(settings.provider.id) }, started)
    }
    breaker.reset()
    events.emit(before ? 'renewed' : 'acquired', () => ({
      generation: next.token.generation,
      fingerprint: next.token.fingerprint,
      grant: result.grant,
      duration: settings.clock.now() - startedAt,
      waiters: flight.waiters,
    }))
    return next.token
  }

  /** Closes the gate, tells, and serves the current token while it lives: a failed renewal makes no token unusable. */
  #fail(result: NotAcquired, { flight, startedAt }: RenewalStart): Token {
    const { settings, current, events } = this.#context
    const error = this.#closeGate(result)
    const duration = settings.clock.now() - startedAt
    events.emit('failed', () => ({ error, duration, waiters: flight.waiters }))
    if (result.kind !== 'failure') events.emit('reauthentication-required', () => ({ error }))
    const token = current.usable(settings.clock.now())
    if (token) return token
    throw error
  }

  #closeGate(result: NotAcquired): TokenError {
    const { settings, breaker } = this.#context
    const { id } = settings.provider
    if (result.kind === 'failure') return breaker.trip(result.failure)
    return breaker.tripForGood(
      result.kind === 'question'
        ? promptRequired(id, result.question.grant, (answer) => this.#answer(result.question, answer))
        : (result.error ?? exhausted(id, result.failure)),
    )
  }

  /** clear() or adopt() came between: nobody will use what was brought home. */
  #drop({ grant, issued: { accessToken, refreshToken }, sentAt }: Acquired, { family }: RenewalStart): Token {
    // Those who share a refresh token that was spent here go on with the one it was changed for.
    if (grant === 'refresh_token' && refreshToken !== undefined)
      Object.assign(family, { refreshToken, obtainedAt: sentAt })
    this.#context.discard(accessToken)
    return this.superseded()
  }
}

// One flight: it leaves the queue, looks again whether it is still needed, climbs the ladder, and lands. Order of landing: the store
// is written before anyone is released, for a crash in between would lose a rotated refresh token.
import { requestToken } from '../endpoint/token-endpoint.ts'
import type { TokenTransport } from '../endpoint/wire.ts'
import { defined } from '../defined.ts'
import type { TokenError } from '../errors.ts'
import type { TokenRecord } from '../stores/token-store.ts'
import { consult } from './consult.ts'
import { Deadline } from './deadline.ts'
import type { Emitter } from './events.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import type { Climb, Ladder, Question, Reached, Steps, Unreached, Values } from './ladder.ts'
import type { Settings } from './options.ts'
import type { Holding, Possession } from './possession.ts'
import { cleared, exhausted, promptRequired, sameAgain } from './refusals.ts'
import type { Flight, RenewalQueue } from './renewal-queue.ts'
import type { Token } from './token.ts'
import type { Vault } from './vault.ts'

export interface FlightContext {
  readonly settings: Settings
  readonly transport: TokenTransport
  readonly possession: Possession
  readonly gatekeeper: Gatekeeper
  readonly ladder: Ladder
  readonly vault: Vault
  readonly queue: RenewalQueue
  readonly events: Emitter
}

type Climber = (steps: Steps) => Promise<Climb>

const ATTEMPTS = 3

export class Flights {
  readonly #context: FlightContext
  #deadline: Deadline | undefined
  #storeRead = false

  constructor(context: FlightContext) {
    this.#context = context
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
    const { queue, possession, ladder } = this.#context
    const { epoch, holding } = possession
    const flight: Flight<Token> = queue.start<Token>(this, possession.family, urgent, async () => {
      const deadline = this.#takeOff(flight)
      try {
        const token = answer ? undefined : await this.#lookAgain(epoch, holding)
        return token ?? (await this.#climb(flight, answer ?? ((steps) => ladder.climb(steps)), deadline, epoch))
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
        possession.take(await possession.weigh(record))
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

  async #climb(flight: Flight<Token>, climber: Climber, deadline: Deadline, epoch: number): Promise<Token> {
    const { settings, possession, ladder } = this.#context
    const departedAt = settings.clock.now()
    const steps = this.#steps(deadline)
    let climb = await climber(steps)
    // Another process has renewed: what it got is taken, and renewed again should it be no good.
    while (climb.kind === 'stored') {
      possession.take(await possession.weigh(climb.record))
      const usable = possession.usable(settings.clock.now())
      if (usable) return usable
      climb = await ladder.climb(steps)
    }
    if (possession.epoch !== epoch) return this.#superseded()
    if (climb.kind === 'token') return this.#commit(climb, flight, departedAt, epoch)
    return this.#fail(climb, flight, departedAt)
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
      accessToken: possession.usable(clock.now())?.accessToken,
    }
  }

  async #commit(climb: Reached, flight: Flight<Token>, departedAt: number, epoch: number): Promise<Token> {
    const { settings, possession, gatekeeper, vault, events } = this.#context
    const before = possession.holding
    const next = await possession.weigh(recordOf(climb, possession.family.refreshToken))
    await vault.keep(next.record)
    if (possession.epoch !== epoch) {
      await vault.keep(possession.holding?.record)
      return this.#superseded()
    }
    possession.take(next)
    if (next.rejected)
      return this.#fail({ kind: 'failure', failure: sameAgain(settings.provider.id) }, flight, departedAt)
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
  #fail(climb: Unreached, flight: Flight<Token>, departedAt: number): Token {
    const { settings, possession, gatekeeper, events } = this.#context
    const error = this.#closeGate(climb)
    const duration = settings.clock.now() - departedAt
    events.emit('failed', () => ({ error, duration, waiters: flight.waiters }))
    if (climb.kind !== 'failure') events.emit('dead', () => ({ error }))
    const token = possession.usable(settings.clock.now())
    if (token) return token
    throw gatekeeper.error ?? error
  }

  #closeGate(climb: Unreached): TokenError {
    const { settings, gatekeeper } = this.#context
    const { id } = settings.provider
    if (climb.kind === 'failure') return gatekeeper.close(climb.failure)
    return gatekeeper.die(
      climb.kind === 'question'
        ? promptRequired(id, climb.question, (answer) => this.#answer(climb.question, answer))
        : (climb.error ?? exhausted(id, climb.failure)),
    )
  }

  /** clear() or adopt() came between: what was brought home is dropped, and those who wait get what is held now. */
  #superseded(): Token {
    const { settings, possession } = this.#context
    const token = possession.usable(settings.clock.now())
    if (token) return token
    throw cleared(settings.provider.id)
  }
}

/** What is kept of an answer. A missing refresh token keeps the old one. */
function recordOf({ issued, sentAt }: Reached, refreshToken: string | undefined): Omit<TokenRecord, 'generation'> {
  const { accessToken, scheme, expiresIn, expiresAt, renewIn, scope, kept } = issued
  return defined({
    accessToken,
    scheme,
    obtainedAt: sentAt,
    expiresAt: expiresAt ?? (expiresIn === undefined ? undefined : sentAt + expiresIn),
    renewAt: renewIn === undefined ? undefined : sentAt + renewIn,
    scope,
    refreshToken: issued.refreshToken ?? refreshToken,
    kept,
  })
}

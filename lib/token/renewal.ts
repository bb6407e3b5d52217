// One renewal: reads the session, claims it, asks the grant, and puts the result into the store before anyone is given the token. A
// crash in between would lose a rotated refresh token.
import type { TokenError } from '../errors.ts'
import { Deadline, sleep } from '../util/abort.ts'
import { defined, omit } from '../util/objects.ts'
import {
  type Acquired,
  type AcquisitionContext,
  type AcquisitionResult,
  askForPrompt,
  type NotAcquired,
  type TokenAcquisition,
} from './acquire.ts'
import { type CurrentToken, type HeldToken, storedToken } from './current-token.ts'
import type { EndpointBreaker } from './endpoint-breaker.ts'
import {
  cleared,
  exhausted,
  pausedElsewhere,
  promptRequired,
  sameAgain,
  sessionEnded,
  signedOut,
  storeFailed,
  unknownSession,
} from './errors.ts'
import { attemptTeller, type Emitter, type EventFields, obtained } from './events.ts'
import type { EngineOptions } from './options.ts'
import type { PasswordCheck } from './password-check.ts'
import type { Flight, RenewalQueue } from './renewal-queue.ts'
import { type Session, StoreFailure } from './session.ts'
import { type Claim, randomId, type RecordFields, type SessionEnd, type SessionRecord } from './session-record.ts'
import type { Token } from './token.ts'
import type { FailedAttempt, PendingPrompt, RevocableTokens, TokenGrant, Values } from './token-grant.ts'

export interface RenewalContext {
  readonly options: EngineOptions
  readonly grant: TokenGrant
  readonly session: Session
  readonly current: CurrentToken
  readonly breaker: EndpointBreaker
  readonly acquisition: TokenAcquisition
  readonly password: PasswordCheck
  readonly queue: RenewalQueue
  readonly events: Emitter
  /** Revokes a token that nobody will use. */
  readonly discard: (tokens: RevocableTokens) => void
  /** Called when a renewal begins, and when it ends. */
  readonly onStateChange: () => void
}

/** A renewal under way. */
interface Run {
  readonly flight: Flight<Token>
  readonly startedAt: number
  readonly epoch: number
  /** The token held when it began. */
  readonly before: HeldToken | undefined
  /** The answer to a prompt of an earlier renewal. */
  readonly answer: Answer | undefined
  deadline: Deadline
  /** Tells of a failed attempt at the token endpoint. */
  readonly attemptFailed: (attempt: FailedAttempt) => void
  /** Milliseconds spent waiting for the claim of another member. */
  waited: number
  /** How many claims in a row the store has refused. */
  lostClaims: number
}

/** The error of a failed renewal, and its consequences for the session. */
interface Conclusion {
  readonly error: TokenError
  readonly terminal: boolean
  /** Nobody is logged in. */
  readonly signedOut?: boolean
  /** Nobody was. */
  readonly silent?: boolean
}

interface Answer {
  readonly prompt: PendingPrompt
  readonly values: Values
}

const ATTEMPTS = 3

/** A store that refuses so many claims in a row, although each record was read anew, counts as failed. */
const MAX_LOST_CLAIMS = 100

/** So many ambiguous refusals in a row end a session that nothing else can renew. */
const MAX_AMBIGUOUS_REFUSALS = 3

/** Milliseconds before a refresh token whose answer was lost is presented again within one renewal, up to a tenth shorter or longer. */
const PRESENT_AGAIN_AFTER = 1_000

export class RenewalRunner {
  readonly #context: RenewalContext
  #deadline: Deadline | undefined
  /** The failure that ended a session here. */
  #ending: TokenError | undefined
  /** A refresh token that the server refused: not presented again, even where the store could not be told. */
  #refused: string | undefined

  constructor(context: RenewalContext) {
    this.#context = context
  }

  /** The renewal to wait for: the one under way, or a new one. */
  join(): Flight<Token> {
    const { queue } = this.#context
    const flight = queue.flight<Token>(this)
    if (!flight) return this.#start(true)
    queue.prioritise(this)
    return flight
  }

  /** Renews in the background, unless that is under way. */
  renewInBackground(): void {
    if (!this.isRunning) this.#start(false)
  }

  /** A caller waits: the process must not end before the renewal does. */
  hold(): void {
    this.#deadline?.hold()
  }

  /** Whether a failure is the one that ended a session here. */
  isEnding(error: unknown): boolean {
    return error !== undefined && error === this.#ending
  }

  /** Another member of the session found it over. A renewal under way looks for itself. */
  endedElsewhere({ code }: SessionEnd): void {
    const { grant, breaker } = this.#context
    if (breaker.state !== 'dead' && !this.isRunning) this.#die(sessionEnded(grant, code), { elsewhere: true })
  }

  get isRunning(): boolean {
    return this.#context.queue.flight(this) !== undefined
  }

  /** The next caller starts another renewal; the one under way no longer counts. */
  supersede(): void {
    this.#context.queue.abandon(this)
  }

  /** Waits for the renewal under way. */
  async idle(): Promise<void> {
    await this.#context.queue.flight<Token>(this)?.promise.catch(() => undefined)
  }

  #start(urgent: boolean, answer?: Answer): Flight<Token> {
    const { queue, current, session, onStateChange } = this.#context
    const { epoch } = session
    const before = current.held
    const flight: Flight<Token> = queue.start<Token>(this, session.spender, urgent, async () => {
      // Superseded while it was queued: it sends nothing.
      if (session.epoch !== epoch) return this.#currentOrCleared()
      let token = await this.#run({ flight, epoch, before, answer })
      // The process was stopped for longer than the token lives.
      while (this.#isOver(token)) token = await this.#run({ flight, epoch, before: current.held, answer: undefined })
      return token
    })
    void flight.promise.catch(() => undefined).finally(onStateChange)
    onStateChange()
    return flight
  }

  async #run(begun: Pick<Run, 'flight' | 'epoch' | 'before' | 'answer'>): Promise<Token> {
    const { options, session, events } = this.#context
    const run: Run = {
      ...begun,
      startedAt: options.clock.monotonic(),
      attemptFailed: attemptTeller(events),
      deadline: this.#startDeadline(begun.flight),
      waited: 0,
      lostClaims: 0,
    }
    try {
      return await this.#renew(run)
    } finally {
      session.endClaim()
      run.deadline.end()
      if (this.#deadline === run.deadline) this.#deadline = undefined
    }
  }

  /** Whether a token ended before anybody was given it, although the server gave it a life longer than a renewal may take. */
  #isOver({ obtainedAt, expiresAt = Infinity }: Token): boolean {
    const { clock, timing } = this.#context.options
    return clock.now() >= expiresAt && expiresAt - obtainedAt > timing.flightDeadline
  }

  #startDeadline(flight: Flight<Token>): Deadline {
    const { clock, timing } = this.#context.options
    const deadline = new Deadline(clock, timing.flightDeadline)
    this.#deadline = deadline
    if (flight.waiters > 0) deadline.hold()
    return deadline
  }

  async #renew(run: Run): Promise<Token> {
    const { session, grant } = this.#context
    // Nothing is spent: what the store has not taken yet need not be waited for.
    if (session.hasPendingWrites && session.record?.refreshToken === undefined && grant.unattended && grant.repeatable)
      return this.#withoutStore(run, 'the token store failed')
    try {
      for (;;) {
        const token = await this.#recheck(run)
        if (token) return token
        const { password } = this.#context
        if (session.epoch !== run.epoch) return await this.#currentOrCleared()
        if (!password.isTrusted(session.record)) return await this.#login(run)
        const takenOver = await this.#awaitClaim(run)
        if (takenOver === 'changed') continue
        if (typeof takenOver === 'object' && 'accessToken' in takenOver) return takenOver
        const done = await this.#claimAndAsk(run, takenOver)
        if (done) return done
      }
    } catch (error) {
      if (error instanceof StoreFailure) return this.#withoutStore(run, error.message)
      throw error
    }
  }

  /** The token, when it turns out that no request is needed; throws when none may be made. */
  async #recheck(run: Run): Promise<Token | undefined> {
    const { options, grant, session, current, breaker, password, events } = this.#context
    const { clock } = options
    await session.load()
    const { record } = session
    const isTrusted = await password.check(record)
    if (session.epoch !== run.epoch) return undefined
    const wasDead = breaker.state === 'dead'
    if (isTrusted && current.isOutdated() && record?.end?.kind !== 'dead') {
      await current.follow()
      if (session.epoch !== run.epoch) return undefined
      if (wasDead && record && !record.end) breaker.reset()
    }
    const now = clock.now()
    if (current.held !== run.before && current.held?.rejected !== true && current.state(now) !== 'CRITICAL') {
      const token = current.usable(now)
      if (token) {
        if (run.before || run.waited > 0) events.emit('shared', () => ({ ...obtained(token), ...this.#timesOf(run) }))
        return token
      }
    }
    if (isTrusted && record?.end?.kind === 'dead' && !run.answer) {
      if (!wasDead || !breaker.error) this.#die(sessionEnded(grant, record.end.code), { elsewhere: true })
    }
    if (!run.answer && breaker.state !== 'closed' && breaker.error) throw breaker.error
    return undefined
  }

  /** Waits for the claim of another member. `changed`: the record is another; a claim: it is to be taken over. */
  async #awaitClaim(run: Run): Promise<Claim | Token | 'changed' | undefined> {
    const { options, grant, session, current, breaker, events } = this.#context
    const { clock } = options
    const claim = session.record?.claim
    if (!claim || session.isOwn(claim)) return undefined
    if (claim.by === '') {
      const left = session.pauseLeft()
      if (left > 0 && !this.#ignoresPause) throw this.#failed(breaker.join(pausedElsewhere(grant.provider), left), run)
      return undefined
    }
    const token = current.usable(clock.now())
    // Nobody takes over a claim for a renewal that nobody waits for.
    if (token && run.flight.waiters === 0) return token
    const startedAt = clock.monotonic()
    const why = await session.claimEnded(claim)
    const duration = clock.monotonic() - startedAt
    run.waited += duration
    if (!why) return 'changed'
    events.emit('taken-over', () => ({ why, duration }))
    return claim
  }

  #ignoresPause = false

  /** The next renewal claims the session although members share a pause. */
  retryNow(): void {
    this.#ignoresPause = true
  }

  /** Undefined: the record has changed, and is to be looked at again. */
  async #claimAndAsk(run: Run, takenOver: Claim | undefined): Promise<Token | undefined> {
    const { options, grant, session } = this.#context
    const { clock, timing } = options
    const { record } = session
    const pause = record?.claim?.by === '' ? record.claim.for : 0
    const input = this.#input(record)
    // Nothing can be asked: nothing is written either, or a logout would not stay one.
    if (!run.answer && !grant.unattended && !grant.canRefresh(input))
      return this.#fail({ kind: 'terminal', refreshed: false }, run, pause)
    const startedAt = clock.now()
    if (!(await session.claim(grant.canRefresh(input) && input.refreshToken !== undefined, takenOver))) {
      run.lostClaims += 1
      if (run.lostClaims >= MAX_LOST_CLAIMS)
        throw session.failed('swap', new StoreFailure('the token store lets nothing be claimed'))
      await sleep(10 * clock.random(), clock, run.deadline.signal).catch(() => undefined)
      return undefined
    }
    this.#ignoresPause = false
    if (session.epoch !== run.epoch) return this.#currentOrCleared()
    // A process that was stopped here may have lost the claim: it must not present the refresh token a second time.
    const isStale = clock.now() - startedAt > timing.storeDeadline
    if (isStale || run.waited > 0) {
      run.deadline.end()
      run.deadline = this.#startDeadline(run.flight)
    }
    if (isStale) return undefined
    if (!session.record) return undefined
    const claimed = { record: session.record }
    const context = this.#acquisitionContext(run, claimed)
    const { acquisition } = this.#context
    const result = await (run.answer
      ? acquisition.answer(run.answer.prompt, run.answer.values, context)
      : acquisition.acquire(context))
    if (result.kind === 'overtaken') return undefined
    return this.#finish(result, run, claimed.record, pause)
  }

  /** Asks the grant as a login: a session that another password began is left alone until this one is accepted. */
  async #login(run: Run): Promise<Token> {
    const { session, acquisition } = this.#context
    const asked = session.ask()
    const context = { ...this.#acquisitionContext(run, {}), input: this.#input(undefined) }
    const result = await acquisition.acquire(context)
    if (result.kind !== 'token') return this.#fail(result as NotAcquired, run, 0)
    const fields = await this.#resultFields({ lineage: randomId(), generation: 0, tokens: {} }, result, true)
    const { epoch } = session
    const counts =
      epoch === run.epoch &&
      (await session.replace(asked, (before) => ({ ...fields, ...(before && { after: before.lineage }) })))
    if (!counts) return this.#superseded(result)
    this.#context.password.trust()
    return this.#succeed(result, { ...run, epoch: asked })
  }

  #input(record: SessionRecord | undefined): AcquisitionContext['input'] {
    const { current, options } = this.#context
    const living = record?.end ? undefined : record
    return {
      refreshToken: living?.refreshToken === this.#refused ? undefined : living?.refreshToken,
      accessToken: record ? current.usable(options.clock.now())?.accessToken : undefined,
      rejected: current.held?.rejected ? current.held.token.accessToken : undefined,
      isBegun: living !== undefined && !isEmpty(living),
      kept: living?.kept,
    }
  }

  #acquisitionContext(run: Run, claimed: { record?: SessionRecord }): AcquisitionContext {
    const { options, grant, session, breaker, acquisition } = this.#context
    const { clock, onAmbiguousRefresh } = options
    // Only the first renewal after a success makes more than one attempt; later ones are probes.
    const attempts = breaker.isUntried ? ATTEMPTS : 1
    let presented = 0
    let lost: FailedAttempt | undefined
    const isOver = (): boolean => run.deadline.signal.aborted || session.epoch !== run.epoch
    // A session that was begun elsewhere is never asked for input that only a person has.
    const fresh = !claimed.record || isEmpty(claimed.record)
    return {
      input: this.#input(claimed.record),
      call: (mayPresentAgain = false) => ({
        signal: run.deadline.signal,
        deadline: run.deadline.endsAt,
        attempts,
        onAttemptFailed: (attempt) => {
          // Whether it is sent again is known only then.
          if (mayPresentAgain && attempt.isLost) lost = attempt
          else run.attemptFailed(attempt)
        },
      }),
      isSpentWhenLost: onAmbiguousRefresh === 'never',
      mayObtain: grant.unattended && !acquisition.isInputUsed && (grant.repeatable || fresh),
      overtaken: async () => {
        if (!session.isShared) return false
        await session.load()
        const { record } = session
        if (session.epoch !== run.epoch || !record?.claim) return true
        const { lineage, refreshToken } = claimed.record ?? record
        return record.lineage !== lineage || !session.isOwn(record.claim) || record.refreshToken !== refreshToken
      },
      dropRefreshToken: async () => {
        this.#refused = claimed.record?.refreshToken
        const dropped = await session.update((record) => omit(record, 'refreshToken'))
        if (dropped && claimed.record) claimed.record = omit(claimed.record, 'refreshToken')
      },
      presentAgain: async () => {
        presented += 1
        const wait = PRESENT_AGAIN_AFTER * (0.9 + 0.2 * clock.random())
        const isDue =
          !isOver() &&
          presented < attempts &&
          clock.now() + wait < run.deadline.endsAt &&
          (await session.update((record) => ({ ...record, doubt: (record.doubt ?? 0) + 1 })))
        if (lost) run.attemptFailed({ ...lost, retryIn: isDue ? wait : undefined })
        if (!isDue) return false
        await sleep(wait, clock, run.deadline.signal).catch(() => undefined)
        return !isOver()
      },
      prompt: async (prompt) => {
        // No claim is held while a person thinks.
        if (options.onPrompt) await session.update(withoutClaim)
        const values = await run.deadline.suspend(() => askForPrompt(grant.provider, options, prompt))
        if (values) await session.claim(false, undefined)
        return values
      },
    }
  }

  async #finish(
    result: Exclude<AcquisitionResult, { kind: 'overtaken' }>,
    run: Run,
    claimed: SessionRecord,
    pause: number,
  ): Promise<Token> {
    const { session } = this.#context
    if (result.kind !== 'token') return this.#fail(result, run, pause)
    if (session.epoch !== run.epoch) return this.#superseded(result)
    const { current, options, events } = this.#context
    const fields = await this.#resultFields(claimed, result, !result.refreshed)
    const committed = await session.commit(claimed, (held) => {
      const kept = omit(held, 'claim', 'doubt', 'refused', 'end', 'refreshToken')
      return { ...kept, ...fields, tokens: this.#tokens(held, fields) }
    })
    if (session.epoch !== run.epoch) return this.#superseded(result)
    if (committed === 'kept' || (committed === 'renewed' && session.hasPendingWrites)) return this.#succeed(result, run)
    try {
      await session.load()
    } catch (error) {
      // Another login or a logout counts, whether or not the store can be read now.
      if (committed === 'replaced' && error instanceof StoreFailure) return this.#superseded(result)
      throw error
    }
    const { record } = session
    // A claim that was made anew after a prompt, over a record that another member has renewed meanwhile.
    if (record?.claim && session.isOwn(record.claim)) await session.update(withoutClaim)
    // Of the same lineage: another member's token is used, and revoking this one could end the grant that both are of.
    if (committed === 'renewed' && session.epoch === run.epoch) {
      await current.follow()
      const token = current.usable(options.clock.now())
      if (!token) return this.#currentOrCleared()
      events.emit('shared', () => ({ ...obtained(token), ...this.#timesOf(run) }))
      return token
    }
    return this.#superseded(result)
  }

  /** The record's fields after a token was issued. */
  async #resultFields(
    claimed: Pick<SessionRecord, 'lineage' | 'generation' | 'tokens'> & Partial<SessionRecord>,
    { issued, sentAt }: Acquired,
    byGrant: boolean,
  ): Promise<RecordFields> {
    const { grant, session, password } = this.#context
    const verifier = byGrant && session.isShared ? await password.verifier() : claimed.verifier
    return {
      lineage: claimed.lineage,
      generation: claimed.generation + 1,
      tokens: { [grant.slot]: storedToken(issued, sentAt) },
      ...defined({
        after: claimed.after,
        origin: claimed.origin,
        // After a grant the former refresh token is of no use: it was refused, or there was none.
        refreshToken: issued.refreshToken ?? (byGrant ? undefined : claimed.refreshToken),
        kept: issued.kept ? { ...claimed.kept, ...issued.kept } : claimed.kept,
        verifier,
      }),
    }
  }

  /** The living tokens of other slots, and the new one. */
  #tokens(held: SessionRecord, fields: RecordFields): SessionRecord['tokens'] {
    const { session, options } = this.#context
    const now = options.clock.now()
    const living = Object.entries(held.tokens).filter(([, token]) => session.expiresAt(token) > now)
    return { ...Object.fromEntries(living), ...fields.tokens }
  }

  async #succeed(result: Acquired, run: Run): Promise<Token> {
    const { grant, session, current, breaker, events } = this.#context
    await current.follow()
    // A login or logout came while the fingerprint was made: nobody has been given the token.
    if (session.epoch !== run.epoch) return this.#superseded(result)
    const { held } = current
    if (!held) return this.#currentOrCleared()
    if (held.rejected) {
      return this.#fail({ kind: 'failure', failure: sameAgain(grant), refreshed: false }, run, 0)
    }
    breaker.reset()
    events.emit(run.before ? 'renewed' : 'acquired', () => ({
      ...obtained(held.token),
      grant: result.grant,
      ...this.#timesOf(run),
    }))
    return held.token
  }

  #timesOf({ flight: { waiters, waitingSince }, startedAt }: Run): Omit<EventFields['failed'], 'error'> {
    const now = this.#context.options.clock.monotonic()
    return { duration: now - startedAt, waiters, waited: now - (waitingSince ?? now) }
  }

  #failed(error: TokenError, run: Run): TokenError {
    this.#context.events.emit('failed', () => ({ error, ...this.#timesOf(run) }))
    return error
  }

  /** Opens the breaker, says so in the record, and serves the current token while it lives: a failed renewal ends no token. */
  async #fail(result: NotAcquired, run: Run, pause: number): Promise<Token> {
    const { options, session, current } = this.#context
    if (session.epoch !== run.epoch) return this.#currentOrCleared()
    const { error, terminal, ...how } = await this.#conclude(result, pause)
    // A login or logout came while the store was told: it is not ended by what it superseded.
    if (session.epoch !== run.epoch) return this.#currentOrCleared()
    this.#failed(error, run)
    if (terminal) this.#die(error, how)
    const token = current.usable(options.clock.now())
    if (token) return token
    throw error
  }

  async #conclude(result: NotAcquired, pause: number): Promise<Conclusion> {
    const { grant, session, breaker } = this.#context
    if (result.kind === 'prompt') {
      await session.update(withoutClaim)
      return {
        error: promptRequired(grant.provider, result.prompt.grant, (values) => this.#answer(result.prompt, values)),
        terminal: true,
      }
    }
    if (result.kind === 'terminal') return this.#end(result)
    const { failure, delivery, refreshed } = result
    if (refreshed && failure.ambiguous === true) {
      const refused = (session.record?.refused ?? 0) + 1
      if (refused >= MAX_AMBIGUOUS_REFUSALS) return this.#end({ ...result, kind: 'terminal' })
      const wait = breaker.trip(failure, false, pause)
      await session.update((record) => ({ ...record, refused, claim: this.#sharedPause(wait) }))
      return { error: failure.error, terminal: false }
    }
    const notSent = delivery === 'not-sent'
    const wait = breaker.trip(failure, notSent, pause)
    // Of a request that nobody received, or that only this process gets wrong, the others need not know.
    if (notSent || failure.kind === 'configuration') await session.update(withoutClaim)
    else {
      const lost = refreshed && delivery === 'lost' ? 1 : 0
      await session.update((record) => ({
        ...record,
        claim: this.#sharedPause(wait),
        ...(lost > 0 && { doubt: (record.doubt ?? 0) + lost }),
      }))
    }
    return { error: failure.error, terminal: false }
  }

  /** Ends the session, where only its refresh token could renew it; gives the error that says so. */
  async #end(result: Extract<NotAcquired, { kind: 'terminal' }>): Promise<Conclusion> {
    const { failure, error, refreshed, isNobody = false } = result
    const { grant, session, acquisition } = this.#context
    const { record } = session
    const isBegun = record !== undefined && !isEmpty(record) && record.end?.kind !== 'cleared'
    if (isNobody || (!failure && !error && !acquisition.isInputUsed && !isBegun)) {
      await session.update(withoutClaim)
      return { error: signedOut(grant), terminal: true, signedOut: true, silent: !isBegun }
    }
    if (refreshed) {
      const code =
        failure && 'error' in failure.error && typeof failure.error.error === 'string'
          ? failure.error.error
          : 'ambiguous'
      await session.end(code)
    } else await session.update(withoutClaim)
    return { error: error ?? exhausted(grant, failure, refreshed), terminal: true }
  }

  /** Nothing unattended is left; of a session that nobody has begun there is no event. */
  #die(error: TokenError, { elsewhere = false, signedOut = false, silent = false }): void {
    const { breaker, events } = this.#context
    breaker.tripForGood(error, signedOut)
    if (silent) return
    if (!elsewhere) this.#ending = error
    events.emit('reauthentication-required', () => ({ error, ...(elsewhere && { elsewhere }) }))
  }

  #sharedPause(wait: number): Claim {
    return { by: '', for: wait, spends: false, at: this.#context.options.clock.now() }
  }

  /** Answers a prompt of an earlier renewal. */
  async #answer(prompt: PendingPrompt, values: Values): Promise<void> {
    await this.idle()
    await this.#start(true, { prompt, values }).promise
  }

  /** A login or logout came between: theirs counts, and this one is revoked. */
  #superseded({ issued: { accessToken, refreshToken, kept } }: Acquired): Promise<Token> {
    this.#context.discard({ refreshToken, kept, accessTokens: [accessToken] })
    return this.#currentOrCleared()
  }

  /** The token held now, for callers of a renewal that no longer counts. */
  async #currentOrCleared(): Promise<Token> {
    const { options, grant, session, current, password } = this.#context
    // The fingerprint of another login's token may not have been made yet.
    if (password.isTrusted(session.record)) await current.follow()
    const token = current.usable(options.clock.now())
    if (token) return token
    throw cleared(grant.provider)
  }

  /** The store cannot be read or written: a grant that can be repeated is asked alone, a refresh token is not spent without a claim. */
  async #withoutStore(run: Run, why: string): Promise<Token> {
    const { options, grant, session, current, breaker, acquisition, password } = this.#context
    const { clock } = options
    const now = clock.now()
    if (session.epoch !== run.epoch) return this.#currentOrCleared()
    if (breaker.state !== 'closed' && breaker.error) throw breaker.error
    const isUnsafe = grant.refreshIsFinal && session.record?.refreshToken !== undefined
    const postpone = (error: TokenError): Token => {
      const token = current.usable(now)
      breaker.trip({ kind: 'transient', error, retry: false }, true)
      this.#failed(error, run)
      if (token) return token
      throw error
    }
    if (!grant.unattended || !grant.repeatable || isUnsafe || (grant.personal && !password.isTrusted(session.record)))
      return postpone(storeFailed(grant.provider, why))
    const context = { ...this.#acquisitionContext(run, {}), input: this.#input(undefined) }
    const result = await acquisition.acquire(context)
    // The refresh token of the session may be in the store: without it the function knows of nobody.
    if (result.kind === 'terminal' && grant.refreshIsFinal && !session.isLoaded)
      return postpone(unknownSession(grant.provider, why))
    if (result.kind !== 'token') return this.#fail(result as NotAcquired, run, 0)
    if (session.epoch !== run.epoch) return this.#superseded(result)
    const { record } = session
    const begun = record && !record.end ? record : { lineage: randomId(), generation: 0, tokens: {} }
    const fields = await this.#resultFields(begun, result, true)
    await session.keepAlone(fields)
    return this.#succeed(result, run)
  }
}

function withoutClaim(record: SessionRecord): RecordFields {
  return omit(record, 'claim')
}

/** Whether a record says nothing of a session yet: a first claim. */
function isEmpty(record: SessionRecord): boolean {
  return record.generation === 0 && Object.keys(record.tokens).length === 0 && record.refreshToken === undefined
}

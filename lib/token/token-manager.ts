// The manager of one session's tokens: decides what a caller gets by the state of the token and of the breaker.
// Projects with an older standard library need this for `AsyncDisposable`.
/// <reference lib="esnext.disposable" preserve="true" />
import type { ResourceServer } from '../definitions/resource-server.ts'
import type { DefaultGrant, GrantChoice } from '../definitions/credentials.ts'
import type { ProviderDefinition } from '../definitions/definition.ts'
import { Deadline, invalidWait, withTimeout } from '../util/abort.ts'
import { digestOf } from '../util/encoding.ts'
import { defined } from '../util/objects.ts'
import { TokenAcquisition } from './acquire.ts'
import { CurrentToken, storedToken } from './current-token.ts'
import { EndpointBreaker } from './endpoint-breaker.ts'
import { cleared, overloaded, tooSlow, waitsForItself } from './errors.ts'
import {
  attemptTeller,
  Emitter,
  type EventFields,
  type Listeners,
  markOf,
  obtained,
  type RequestEvents,
  type SessionStatus,
  type TokenEvents,
} from './events.ts'
import { type EngineOptions, type FunctionManagerOptions, readOptions, type TokenManagerOptions } from './options.ts'
import { type Matched, PasswordCheck } from './password-check.ts'
import type { OriginBreakers } from './origin-breaker.ts'
import { RenewalRunner } from './renewal.ts'
import { RenewalQueue } from './renewal-queue.ts'
import { dueWithin, decide, type Decision } from './schedule.ts'
import { sealedStore } from './sealed-store.ts'
import { type ChangedBy, Session, type SessionMember } from './session.ts'
import { randomId, type RecordFields, type SessionRecord, type StoredToken } from './session-record.ts'
import type { Token } from './token.ts'
import { ownLifetime, type ReadAnswer, readAnswer, type TokenAnswer } from './token-answer.ts'
import {
  type AuthorizationExpectation,
  type AuthorizationRequest,
  type AuthorizationResult,
  type GrantCall,
  type GrantResult,
  type IssuedToken,
  type Login,
  LOGIN,
  type RevocableTokens,
  type TokenGrant,
  type TokenRequestsVia,
  type Values,
} from './token-grant.ts'
import type { GetTokenOptions, TokenHistory, TokenSource } from './token-source.ts'

/** Keeps the token of one account valid. */
export interface TokenManager extends TokenSource, AsyncDisposable {
  /** The resource server that the tokens are for: the URLs that may receive them. */
  readonly resourceServer: ResourceServer
  /** The state of the session; the event `status` reports its changes. With a store, `signed-out` until the first token is asked for. */
  readonly status: SessionStatus
  /**
   * Begins a session with a token from elsewhere: the answer of a login, the fields of a token response, or a refresh token alone. Callers
   * that ask for a token from then on wait for it.
   * @throws `TypeError` for an answer without a token, or with one that cannot be sent
   * @see RFC 6749, section 5.1
   */
  adopt(token: string | TokenAnswer): Promise<Token>
  /**
   * Creates an authorization request: a URL for a person's consent, a new state and, with PKCE, a new verifier. `values` fill placeholders
   * of the provider's authorization URL. The manager remembers the request for an hour, at most 1,000 of them, in this process; to survive
   * a restart, keep the result in the person's session for {@link exchangeCallback}.
   * @throws `TypeError` where the provider has no authorization endpoint, or no such placeholder
   * @see RFC 6749, section 4.1.1; RFC 7636
   */
  authorizationUrl(values?: Values): Promise<AuthorizationRequest>
  /**
   * Begins a session with the authorization response that the redirect URI received; gives the token, the ID token and the kept fields.
   * `expected`: the result of {@link authorizationUrl}, where the caller has kept it.
   * @throws `TypeError` where `expected` lacks its state or verifier
   * @throws `TokenResponseError` for a response to another request (reason `state`, `redirect_uri`, `issuer`, `no_code` or `unreadable`), or
   * to a request that is no longer known (`unknown_request`)
   * @throws `OAuthError` for a refusal
   * @see RFC 6749, sections 4.1.2 and 4.2.2; RFC 9207
   */
  exchangeCallback(callbackUrl: string | URL, expected?: AuthorizationExpectation): Promise<AuthorizationResult>
  /**
   * Asks the authorization server about the current token. `values` fill placeholders of the introspection endpoint.
   * @throws `TypeError` where the provider has no introspection endpoint
   * @see RFC 7662
   */
  inspect(values?: Values): Promise<unknown>
  /**
   * Ends the session as {@link clear} does, and revokes its tokens at the authorization server.
   * @throws `TypeError` where the provider has no revocation endpoint; a `TokenError` where the revocation failed
   * @see RFC 7009
   */
  revoke(): Promise<void>
  /** Ends the session, for every scope, here and in the store. The result of a running renewal is revoked. */
  clear(): Promise<void>
  /** Ends the pause after a failure, unless the server asked for it: the next caller causes a token request. */
  retryNow(): void
  /**
   * Calls `listener` at each event of this name, or of any with `*`; gives the function that removes it. Errors of a listener are ignored.
   * @throws `TypeError` for a name that is no event
   */
  on<Name extends keyof TokenEvents>(name: Name, listener: (event: TokenEvents[Name]) => void): () => void
  /** Waits for the running renewal and for the writes to the store. */
  [Symbol.asyncDispose](): Promise<void>
}

/** A {@link TokenManager} of `getToken`: without the methods that need endpoints of a provider. */
export type ApplicationTokenManager = Omit<TokenManager, 'authorizationUrl' | 'exchangeCallback' | 'inspect' | 'revoke'>

/**
 * Makes a manager, which keeps the token of one account valid: obtained from a provider, or from a function of the application.
 * @throws `TypeError` for an invalid option: names it, the expected and the given value
 */
export function createTokenManager(options: FunctionManagerOptions): ApplicationTokenManager
export function createTokenManager<
  const D extends ProviderDefinition,
  const G extends GrantChoice<D> = DefaultGrant<D>,
>(options: TokenManagerOptions<D, G>): TokenManager
export function createTokenManager(options: object): TokenManager {
  return newManager(options)
}

/** A manager. `via`: how token requests travel unless the options name a transport. */
export function newManager(options: object, via?: TokenRequestsVia): TokenManager {
  const { engine, grant } = readOptions(options, via)
  // The limit on concurrency is for pools. Two: after clear() a new renewal need not wait for the one that was superseded.
  return new Manager(engine, grant, newSession(engine, grant), new RenewalQueue(2))
}

/** The session of a grant's identity in the store. */
export function newSession(
  { store, seal, clock, timing }: Pick<EngineOptions, 'store' | 'seal' | 'clock' | 'timing'>,
  { identity }: TokenGrant,
): Session {
  const key = `tokenflight:2:${encodeURIComponent(identity)}`
  return new Session({ key, store: store && seal ? sealedStore(store, seal) : store, clock, timing })
}

// A store that others write to is read no more often than this for a session that has ended.
const STORE_RECHECK_MS = 1_000

/** The parts that a pool shares with each of its managers. */
interface PoolOfManager {
  readonly listeners: Listeners
  readonly matched: Matched | undefined
}

/** A login on its way into the record, or changes by other members that may have been missed: callers wait until it opens. */
class Gate {
  readonly promise: Promise<void>
  declare open: () => void

  constructor() {
    this.promise = new Promise((resolve) => {
      this.open = resolve
    })
  }
}

export class Manager implements TokenManager, SessionMember {
  readonly #options: EngineOptions
  readonly #grant: TokenGrant
  readonly #session: Session
  readonly #events: Emitter
  readonly #current: CurrentToken
  readonly #breaker: EndpointBreaker
  readonly #password: PasswordCheck
  readonly #renewal: RenewalRunner
  #readAgainAt = -Infinity
  #gate: Gate | undefined
  #status: SessionStatus = 'signed-out'

  constructor(options: EngineOptions, grant: TokenGrant, session: Session, queue: RenewalQueue, pool?: PoolOfManager) {
    const { account, clock, timing } = options
    this.#options = options
    this.#grant = grant
    this.#session = session
    this.#current = new CurrentToken(session, grant.slot, clock, timing)
    this.#events = new Emitter({ provider: grant.provider, account }, pool?.listeners)
    this.#breaker = new EndpointBreaker(clock, timing, this.#events)
    this.#password = new PasswordCheck(grant, session.isShared, (derive) => queue.derive(derive), pool?.matched)
    this.#renewal = new RenewalRunner({
      options,
      grant,
      session,
      current: this.#current,
      breaker: this.#breaker,
      acquisition: new TokenAcquisition(grant),
      password: this.#password,
      queue,
      events: this.#events,
      discard: (tokens) => {
        this.#discard(tokens)
      },
      onStateChange: () => {
        this.#tellStatus()
      },
    })
    this.#current.leaveLineage()
    session.join(this)
  }

  get resourceServer(): ResourceServer {
    return this.#grant.resourceServer
  }

  get status(): SessionStatus {
    const { record } = this.#session
    const now = this.#options.clock.now()
    const { state } = this.#breaker
    if (state === 'dead') return this.#breaker.isSignedOut ? 'signed-out' : 'ended'
    if (this.#current.usable(now)) return 'signed-in'
    if (record?.end?.kind === 'dead') return 'ended'
    if (this.#renewal.isRunning) return 'obtaining'
    if (state === 'open') return 'backing-off'
    const { held } = this.#current
    return held || (record && !record.end && record.refreshToken !== undefined) ? 'signed-in' : 'signed-out'
  }

  /**
   * Whether it can go without losing anything: nothing under way, nothing unsaved, and its token stored or to be had again. A token that
   * was refused is taken out of the store first.
   */
  canEvict(): boolean {
    const { held } = this.#current
    const again = this.#session.isShared || this.#grant.repeatable || !held
    if (!again || this.#renewal.isRunning || this.#session.hasPendingWrites) return false
    if (this.#session.isShared && held?.rejected === true)
      void this.#session.dropToken(this.#grant.slot, held.token.accessToken)
    return !this.#session.hasPendingWrites
  }

  get breakers(): OriginBreakers {
    return this.#session.breakers
  }

  isSignedOut(origin?: string, error?: unknown): boolean {
    const { state, error: reason } = this.#breaker
    if (state !== 'dead' || !this.#grant.personal || reason?.code !== 'ERR_REAUTHENTICATION_REQUIRED') return false
    if (error !== undefined) return error === reason && !this.#renewal.isEnding(error)
    if (this.#gate) return false
    // Another member of the session may have logged in.
    if (this.#mayReadStoreAgain()) this.#wait({}).catch(() => undefined)
    return this.#decide({ origin }) === 'fail'
  }

  history(token: Token): TokenHistory | undefined {
    return this.#current.history(token)
  }

  peek(origin?: string): Token | undefined {
    const { held } = this.#current
    // The hot path: a fresh token is served whatever else there is.
    if (held && !held.rejected && !this.#gate && this.#options.clock.now() < held.schedule.staleAt) return held.token
    if (this.#gate) return undefined
    const decision = this.#decide({ origin })
    if (!held || decision === 'wait' || decision === 'fail') return undefined
    if (decision === 'serve-and-renew') {
      this.#renewal.renewInBackground()
      this.#events.emit('served-stale', () => markOf(held.token))
    }
    return held.token
  }

  token(options: GetTokenOptions = {}): Promise<Token> {
    const { origin } = options
    if (this.#gate) return this.#afterGate(this.#gate, options)
    const decision = this.#decide(options)
    const token = decision === 'wait' ? undefined : this.peek(origin)
    if (token) return Promise.resolve(token)
    const { error } = this.#breaker
    if (decision === 'fail' && error && !this.#mayReadStoreAgain()) return Promise.reject(error)
    const waiting = this.#wait(options)
    return origin === undefined ? waiting : this.#unlessRejected(waiting, options)
  }

  renew(rejected: Token, options: GetTokenOptions = {}): Promise<Token> {
    this.#current.reject(rejected, options.origin)
    return this.#unlessRejected(this.token(options), options)
  }

  adopt(answer: string | TokenAnswer): Promise<Token> {
    const { clock } = this.#options
    const obtainedAt = clock.now()
    const read = readAnswer(answer, obtainedAt)
    const wrong = typeof read === 'string' ? read : read.kept && this.#grant.invalidKept?.(read.kept)
    if (typeof read === 'string' || wrong !== undefined)
      return Promise.reject(new TypeError(`tokenflight: adopt: ${String(wrong)}`))
    const gate = new Gate()
    // Callers that wait for another login wait for this one now.
    this.#gate?.open()
    this.#gate = gate
    return this.#adopt(read, obtainedAt).finally(() => {
      this.#openGate(gate)
    })
  }

  async #adopt({ accessToken, refreshToken, scope, lifetime, kept }: ReadAnswer, obtainedAt: number): Promise<Token> {
    const asked = this.#session.ask()
    const origin = refreshToken === undefined ? undefined : await digestOf(refreshToken)
    if (origin !== undefined && this.#session.isShared && (await this.#isSeed(origin))) {
      await this.#current.follow()
      this.#openGate()
      return this.token()
    }
    const own = defined({ refreshToken, origin, kept })
    if (accessToken === undefined) return this.#login(asked, undefined, own)
    const known = lifetime ?? (await ownLifetime(accessToken))
    const life = defined({ lifetime: known, renewIn: dueWithin(known, this.#grant.renewWithin), scope })
    return this.#login(asked, { accessToken, scheme: 'Bearer', obtainedAt, ...life }, own)
  }

  #openGate(gate = this.#gate): void {
    if (this.#gate === gate) this.#gate = undefined
    gate?.open()
  }

  async #afterGate({ promise }: Gate, options: GetTokenOptions): Promise<Token> {
    const { signal, timeout } = options
    const refused = invalidWait(signal, timeout)
    if (refused !== undefined) throw refused
    const onTimeout = (): Error => tooSlow(this.#grant.provider, timeout ?? 0)
    await withTimeout(promise, this.#options.clock, { signal, timeout, onTimeout })
    return this.token(options)
  }

  async authorizationUrl(values: Values = {}): Promise<AuthorizationRequest> {
    const create = this.#offered(this.#grant.authorizationUrl, 'authorization endpoint')
    return this.#withDeadline(({ signal }) => create.call(this.#grant, values, signal))
  }

  async exchangeCallback(callbackUrl: string | URL, expected?: AuthorizationExpectation): Promise<AuthorizationResult> {
    const exchange = this.#offered(this.#grant.exchangeCallback, 'authorization endpoint')
    const asked = this.#session.ask()
    const result = await this.#call((call) => exchange.call(this.#grant, callbackUrl, expected, call))
    const token = await this.#begin(asked, result)
    // Another login may have come meanwhile: its token is given, without what came with this one.
    const isOwn = result.kind === 'token' && result.issued.accessToken === token.accessToken
    const { idToken, kept = {} }: Partial<IssuedToken> = isOwn ? result.issued : {}
    return Object.defineProperty({ token, kept }, 'idToken', { value: idToken })
  }

  get [LOGIN](): Login {
    return {
      grant: this.#grant as Login['grant'],
      clock: this.#options.clock,
      within: (act) => this.#call(act),
      begin: async (obtain) => {
        const asked = this.#session.ask()
        const gate = new Gate()
        if (!this.#current.usable(this.#options.clock.now())) this.#gate = gate
        try {
          return await this.#begin(asked, await obtain(() => this.#session.epoch > asked))
        } finally {
          this.#openGate(gate)
        }
      },
    }
  }

  /** Begins a session with what a person's consent has brought. */
  async #begin(asked: number, result: GrantResult): Promise<Token> {
    if (result.kind === 'failure') throw result.failure.error
    if (result.kind === 'prompt') throw new TypeError('tokenflight: exchangeCallback() was answered with a prompt')
    const { refreshToken, kept } = result.issued
    const origin = refreshToken === undefined ? undefined : await digestOf(refreshToken)
    return this.#login(asked, storedToken(result.issued, result.sentAt), defined({ refreshToken, kept, origin }))
  }

  async inspect(values?: Values): Promise<unknown> {
    const callEndpoint = this.#offered(this.#grant.callEndpoint, 'inspect endpoint')
    this.#grant.requireEndpoint?.('inspect')
    const { accessToken: token, kept } = await this.token()
    const all = { ...kept, ...values, token }
    return this.#withDeadline(({ signal }) => callEndpoint.call(this.#grant, 'inspect', all, signal))
  }

  async revoke(): Promise<void> {
    const revoke = this.#offered(this.#grant.revoke, 'revoke endpoint')
    this.#grant.requireEndpoint?.('revoke')
    const tokens = this.#tokensOf(this.#session.record)
    await this.clear()
    await this.#withDeadline(({ signal }) => revoke.call(this.#grant, tokens, signal))
  }

  async clear(): Promise<void> {
    await this.#replace(this.#session.ask(), (before) => ({
      lineage: randomId(),
      ...(before && { after: before.lineage }),
      generation: 0,
      tokens: {},
      end: { kind: 'cleared' },
    }))
    this.#events.emit('cleared', () => ({}))
  }

  retryNow(): void {
    this.#breaker.retryNow()
    this.#renewal.retryNow()
    this.#tellStatus()
  }

  on<Name extends keyof TokenEvents>(name: Name, listener: (event: TokenEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  notify<Name extends keyof RequestEvents>(name: Name, event: RequestEvents[Name]): void {
    this.#events.emit(name, () => event as EventFields[Name])
  }

  recordChanged(by: ChangedBy): void {
    const { record } = this.#session
    const had = this.#current.lineage
    const isNew = record?.lineage !== had
    this.#current.leaveLineage()
    if (by === 'replacement') {
      this.#renewal.supersede()
      this.#breaker.reset()
    } else if (isNew && record && !record.end && this.#breaker.state === 'dead') {
      this.#breaker.reset()
    }
    if (isNew && had !== undefined && by === 'elsewhere' && record?.end?.kind === 'cleared')
      this.#events.emit('cleared', () => ({ elsewhere: true }))
    if (!this.#password.isTrusted(record)) {
      this.#tellStatus()
      return
    }
    if (by === 'elsewhere' && record?.end?.kind === 'dead') this.#renewal.endedElsewhere(record.end)
    const gate = by === 'replacement' ? this.#gate : undefined
    void this.#follow(isNew && by === 'elsewhere').then(() => {
      if (gate) this.#openGate(gate)
    })
  }

  storeFailed(event: EventFields['store-failed']): void {
    this.#events.emit('store-failed', () => event)
  }

  changesMissed(read: Promise<void>): void {
    if (this.#gate) return
    const gate = new Gate()
    this.#gate = gate
    void read.then(() => {
      this.#openGate(gate)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#renewal.idle()
    await this.#session.flush()
    this.#session.stop()
  }

  async #follow(elsewhere: boolean): Promise<void> {
    const { held: before } = this.#current
    await this.#current.follow()
    const { held } = this.#current
    if (elsewhere && held && held !== before)
      this.#events.emit('adopted', () => ({ ...obtained(held.token), elsewhere }))
    this.#tellStatus()
  }

  /** Begins a session with a token; what another login or a logout supersedes is revoked. */
  async #login(asked: number, stored: StoredToken | undefined, own: Partial<RecordFields>): Promise<Token> {
    if (stored) this.#current.forgive(stored.accessToken)
    const counts = await this.#replace(
      asked,
      (before) => ({
        lineage: randomId(),
        ...(before && { after: before.lineage }),
        generation: 0,
        tokens: stored ? { [this.#grant.slot]: stored } : {},
        ...own,
      }),
      (held) => this.#session.isShared && this.#beganWith(own.origin, held),
    )
    // Another login or logout may have come while the fingerprint was made.
    if (!counts || this.#session.epoch !== asked) {
      const { refreshToken, kept } = own
      this.#discard({ refreshToken, kept, accessTokens: stored ? [stored.accessToken] : [] })
      const token = this.#current.usable(this.#options.clock.now())
      if (token) return token
      throw cleared(this.#grant.provider)
    }
    if (!stored) {
      this.#openGate()
      return this.token()
    }
    const { held } = this.#current
    if (!held) throw cleared(this.#grant.provider)
    this.#events.emit('adopted', () => obtained(held.token))
    return held.token
  }

  async #replace(
    asked: number,
    make: (before: SessionRecord | undefined) => RecordFields,
    stays?: (held: SessionRecord) => boolean,
  ): Promise<boolean> {
    const counts = await this.#session.replace(asked, make, stays)
    this.#password.trust()
    await this.#current.follow()
    this.#tellStatus()
    return counts
  }

  /** Whether the session in the store began with this refresh token: a configured seed that is given at every start. */
  async #isSeed(origin: string): Promise<boolean> {
    // Where the store fails, what is known here decides, and once more what the store holds when it is written.
    await this.#session.load().catch(() => undefined)
    return this.#beganWith(origin, this.#session.record)
  }

  #beganWith(origin: string | undefined, record: SessionRecord | undefined): boolean {
    return origin !== undefined && record !== undefined && !record.end && record.origin === origin
  }

  #tokensOf(record: SessionRecord | undefined): RevocableTokens {
    const accessTokens = Object.values(record?.tokens ?? {}).map(({ accessToken }) => accessToken)
    return { refreshToken: record?.refreshToken, kept: record?.kept, accessTokens }
  }

  /** Revokes tokens that nobody will use, as far as the provider can; not those that the session has: a token may be adopted twice. */
  #discard({ refreshToken, accessTokens, kept }: RevocableTokens): void {
    const { revoke } = this.#grant
    const held = this.#tokensOf(this.#session.record)
    const tokens = {
      kept,
      refreshToken: refreshToken === held.refreshToken ? undefined : refreshToken,
      accessTokens: accessTokens.filter((token) => !held.accessTokens.includes(token)),
    }
    if (revoke) this.#withDeadline(({ signal }) => revoke.call(this.#grant, tokens, signal)).catch(() => undefined)
  }

  #call<T>(act: (call: GrantCall) => Promise<T>): Promise<T> {
    const onAttemptFailed = attemptTeller(this.#events)
    return this.#withDeadline(({ signal, endsAt }) => act({ signal, deadline: endsAt, attempts: 3, onAttemptFailed }))
  }

  async #withDeadline<T>(act: (deadline: Deadline) => Promise<T>): Promise<T> {
    const { clock, timing } = this.#options
    const deadline = new Deadline(clock, timing.flightDeadline)
    deadline.hold()
    try {
      return await act(deadline)
    } finally {
      deadline.end()
    }
  }

  #offered<T>(operation: T | undefined, what: string): T {
    if (operation === undefined) throw new TypeError(`tokenflight: ${this.#grant.provider} has no ${what}`)
    return operation
  }

  #decide({ minValidity, origin }: GetTokenOptions = {}): Decision {
    return decide(this.#current.state(this.#options.clock.now(), minValidity, origin), this.#breaker.state)
  }

  /** Whether the store is to be read again for what another member may have written. */
  #mayReadStoreAgain(): boolean {
    const now = this.#options.clock.now()
    if (!this.#session.isShared || this.#breaker.state !== 'dead' || now < this.#readAgainAt) return false
    this.#readAgainAt = now + STORE_RECHECK_MS
    return true
  }

  #tellStatus(): void {
    const { status } = this
    if (status === this.#status) return
    this.#status = status
    this.#events.emit('status', () => ({ status }))
  }

  /** Asks again where the wait ends with a token that the origin has rejected: it may be good for others. */
  #unlessRejected(waiting: Promise<Token>, options: GetTokenOptions): Promise<Token> {
    return waiting.then((token) =>
      this.#current.isRejected(token, options.origin) ? this.#unlessRejected(this.token(options), options) : token,
    )
  }

  #wait({ signal, timeout }: GetTokenOptions): Promise<Token> {
    const refused = this.#grant.refusesToWait?.() ? waitsForItself() : invalidWait(signal, timeout)
    if (refused !== undefined) return Promise.reject(refused)
    const { clock, maxWaiters } = this.#options
    const { provider } = this.#grant
    const flight = this.#renewal.join()
    if (flight.waiters >= maxWaiters) return Promise.reject(overloaded(provider, maxWaiters))
    flight.waiters += 1
    flight.waitingSince ??= clock.monotonic()
    this.#renewal.hold()
    // Without a limit of its own a waiter costs no more than a reaction on the flight's promise.
    if (!signal && timeout === undefined) return flight.promise
    return withTimeout(flight.promise, clock, {
      signal,
      timeout,
      onTimeout: () => tooSlow(provider, timeout ?? 0),
      onLeave: () => {
        flight.waiters -= 1
      },
    })
  }
}

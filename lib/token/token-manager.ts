// A project whose own libraries are older knows these names by this.
/// <reference lib="esnext.disposable" preserve="true" />
import type { ResourceServer } from '../definitions/resource-server.ts'
import type { GrantName } from '../definitions/credentials.ts'
import type { ProviderDefinition } from '../definitions/definition.ts'
import { memoryStore } from '../stores/memory.ts'
import type { TokenRecord } from '../stores/token-store.ts'
import { AuthorizationRequests, type AuthorizationExpectation, type AuthorizationRequest } from './authorization.ts'
import type { Values } from '../token-endpoint/build-request.ts'
import { fetchTransport } from '../token-endpoint/fetch-transport.ts'
import { endpointOf } from '../token-endpoint/other-endpoints.ts'
import { resourceServerConfig } from '../token-endpoint/resource-server-config.ts'
import { TokenOperations } from './token-operations.ts'
import type { TokenTransport } from '../token-endpoint/transport.ts'
import { withTimeout, invalidWait } from '../util/abort.ts'
import { TokenAcquisition, type SharedRefreshToken } from './acquire.ts'
import { CurrentToken } from './current-token.ts'
import { EndpointBreaker } from './endpoint-breaker.ts'
import { overloaded, tooSlow } from './errors.ts'
import { Emitter, markOf, type RequestEvents, type TokenEvents } from './events.ts'
import { readOptions, type Settings, type TokenManagerOptions } from './options.ts'
import { storeKey, TokenPersistence } from './persistence.ts'
import { RenewalQueue } from './renewal-queue.ts'
import { RenewalRunner } from './renewal.ts'
import { decide, type Decision } from './schedule.ts'
import type { GetTokenOptions, TokenSource } from './token-source.ts'
import { type ExternalToken, checkAdopted, type Token } from './token.ts'

/** Holds the token of one account and keeps it valid. */
export interface TokenManager extends TokenSource, AsyncDisposable {
  readonly resourceServer: ResourceServer
  /** Takes a token that came from elsewhere. Throws a `TypeError` for one that cannot be sent. */
  adopt(token: ExternalToken): Promise<Token>
  /** Where to send a person who is to agree; `placeholders` fill what the provider leaves open there. */
  authorizationUrl(placeholders?: Values): Promise<AuthorizationRequest>
  /**
   * Takes the token that a person's consent is worth. Rejects with a `TokenResponseError` whose reason is `state` for a callback that
   * was not asked for, and with an `OAuthError` for a refusal.
   * @see RFC 6749, sections 4.1 and 4.2
   */
  exchangeCallback(callbackUrl: string | URL, expected?: AuthorizationExpectation): Promise<Token>
  /** What the authorization server says of the current token; `placeholders` fill what the provider leaves open there. */
  inspect(placeholders?: Values): Promise<unknown>
  /**
   * Forgets everything as `clear()` does, and has the server forget the tokens too.
   * @see RFC 7009
   */
  revoke(): Promise<void>
  /** Forgets everything, here and in the store; what a flight under way brings home is dropped. */
  clear(): Promise<void>
  /** Calls `listener` at each event; gives the function that stops it. */
  on<Name extends keyof TokenEvents>(name: Name, listener: (event: TokenEvents[Name]) => void): () => void
  /** Waits for the flight under way, and writes what is not yet in the store. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Makes a manager: one token, of one account at one provider, kept valid for everything that uses it.
 *
 * Throws a `TypeError` that names a wrong option, what was expected and what came.
 */
export function createTokenManager<const D extends ProviderDefinition, const G extends GrantName<D> = GrantName<D>>(
  options: TokenManagerOptions<D, G>,
): TokenManager {
  return newManager(options, () => fetchTransport())
}

/** A manager whose token requests travel by `transport` unless the options name another. */
export function newManager(options: object, transport: () => TokenTransport): TokenManager {
  const settings = readOptions(options)
  // The bound on concurrency is for pools. Two: after clear() a new flight need not wait for the one that was let go.
  return new Manager(settings, settings.transport ?? transport(), new RenewalQueue(2))
}

// A store that others write to is asked no more often than this whether it holds something new.
const STORE_RECHECK_MS = 1_000

export class Manager implements TokenManager {
  readonly resourceServer: ResourceServer
  readonly #settings: Settings
  readonly #events = new Emitter()
  readonly #current: CurrentToken
  readonly #breaker: EndpointBreaker
  readonly #persistence: TokenPersistence
  readonly #renewal: RenewalRunner
  readonly #operations: TokenOperations
  readonly #authorization: AuthorizationRequests
  #revivedAt = -Infinity

  /** `family`: with those who spend the same refresh token. */
  constructor(settings: Settings, transport: TokenTransport, queue: RenewalQueue, family?: SharedRefreshToken) {
    const { provider, grant, values, clock, timing } = settings
    this.#settings = settings
    this.#operations = new TokenOperations(settings, transport)
    this.#authorization = new AuthorizationRequests(provider, values)
    this.resourceServer = {
      ...resourceServerConfig(settings),
      dangerouslyAllowInsecureHttp: settings.dangerouslyAllowInsecureHttp,
    }
    this.#current = new CurrentToken(clock, timing, family)
    this.#breaker = new EndpointBreaker(clock, timing)
    this.#persistence = new TokenPersistence(
      settings.store ?? memoryStore(),
      storeKey(settings),
      clock,
      timing,
      this.#events,
    )
    this.#renewal = new RenewalRunner({
      settings,
      transport,
      current: this.#current,
      breaker: this.#breaker,
      acquisition: new TokenAcquisition(provider, grant, values, settings.onAmbiguousRefresh),
      persistence: this.#persistence,
      queue,
      events: this.#events,
      discard: (accessToken) => {
        if (provider.revoke) this.#operations.callEndpoint('revoke', accessToken).catch(() => undefined)
      },
    })
  }

  /**
   * Whether it can go without losing anything: nothing under way, nothing unsaved, and its token stored or to be had again. That a token
   * was refused the store is told first.
   */
  canEvict(): boolean {
    const { store, provider, grant } = this.#settings
    const { holding } = this.#current
    const again = store !== undefined || provider.grants[grant]?.repeatable !== false || !holding
    if (!again || this.#renewal.underWay || this.#persistence.hasPendingWrites) return false
    if (store && holding?.rejected === true) this.#persistence.markExpired(holding.token.accessToken)
    return !this.#persistence.hasPendingWrites
  }

  peek(): Token | undefined {
    const { holding } = this.#current
    // The hot path: a fresh token is served whatever else there is.
    if (holding && !holding.rejected && this.#settings.clock.now() < holding.schedule.staleAt) return holding.token
    const decision = this.#decide()
    if (!holding || decision === 'wait' || decision === 'fail') return undefined
    if (decision === 'serve-and-renew') {
      this.#renewal.renewInBackground()
      this.#events.emit('served-stale', () => markOf(holding.token))
    }
    return holding.token
  }

  token(request: GetTokenOptions = {}): Promise<Token> {
    const decision = this.#decide(request.minValidity)
    const token = decision === 'wait' ? undefined : this.peek()
    if (token) return Promise.resolve(token)
    const { error } = this.#breaker
    return decision === 'fail' && error && !this.#mayReadStoreAgain() ? Promise.reject(error) : this.#wait(request)
  }

  async renew(rejected: Token, request: GetTokenOptions = {}): Promise<Token> {
    this.#current.reject(rejected.accessToken)
    // A flight that began before the rejection, or that found the rejected token in the store, may land with that very token.
    for (;;) {
      const token = await this.token(request)
      if (token.accessToken !== rejected.accessToken) return token
      this.#current.reject(rejected.accessToken)
    }
  }

  async adopt(adopted: ExternalToken): Promise<Token> {
    const { clock } = this.#settings
    return this.#replaceToken({ ...checkAdopted(adopted), scheme: 'Bearer', obtainedAt: clock.now() })
  }

  authorizationUrl(placeholders: Values = {}): Promise<AuthorizationRequest> {
    return this.#authorization.create(placeholders)
  }

  async exchangeCallback(callbackUrl: string | URL, expected?: AuthorizationExpectation): Promise<Token> {
    return this.#replaceToken(
      await this.#operations.exchangeCode(this.#authorization.parseCallback(callbackUrl, expected)),
    )
  }

  async inspect(placeholders?: Values): Promise<unknown> {
    endpointOf(this.#settings.provider, 'inspect')
    const { accessToken } = await this.token()
    return this.#operations.callEndpoint('inspect', accessToken, placeholders)
  }

  async revoke(): Promise<void> {
    const { by } = endpointOf(this.#settings.provider, 'revoke')
    const { holding, family } = this.#current
    const { refreshToken } = family
    // The refresh token first: with it the others can be had again.
    const first = by === 'client' ? refreshToken : undefined
    await this.clear()
    await this.#operations.revoke([first, holding?.token.accessToken].flatMap((token) => token ?? []))
  }

  async clear(): Promise<void> {
    this.#renewal.supersede()
    this.#current.reset(undefined)
    this.#breaker.reset()
    await this.#persistence.save(undefined)
    this.#events.emit('cleared', () => ({ epoch: this.#current.epoch }))
  }

  on<Name extends keyof TokenEvents>(name: Name, listener: (event: TokenEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  notify<Name extends keyof RequestEvents>(name: Name, event: RequestEvents[Name]): void {
    this.#events.emit(name, () => event as TokenEvents[Name])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#renewal.idle()
    await this.#persistence.flush()
  }

  async #replaceToken(record: Omit<TokenRecord, 'generation'>): Promise<Token> {
    this.#renewal.supersede()
    const holding = await this.#current.prepare(record)
    this.#current.reset(holding)
    this.#breaker.reset()
    await this.#persistence.save(holding.record)
    this.#events.emit('adopted', () => markOf(holding.token))
    return holding.token
  }

  #decide(minValidity?: number): Decision {
    const now = this.#settings.clock.now()
    return decide(this.#current.state(now, minValidity), this.#breaker.state(now))
  }

  /** Whether the store is to be asked again for what another process may have written. */
  #mayReadStoreAgain(): boolean {
    const { store, clock } = this.#settings
    const now = clock.now()
    if (!store || this.#breaker.state(now) !== 'dead' || now - this.#revivedAt < STORE_RECHECK_MS) return false
    this.#revivedAt = now
    return true
  }

  #wait({ signal, timeout }: GetTokenOptions): Promise<Token> {
    const refused = invalidWait(signal, timeout)
    if (refused !== undefined) return Promise.reject(refused)
    const { provider, clock, maxWaiters } = this.#settings
    const flight = this.#renewal.join()
    if (flight.waiters >= maxWaiters) return Promise.reject(overloaded(provider.id, maxWaiters))
    flight.waiters += 1
    this.#renewal.hold()
    // Without a limit of its own a waiter costs no more than a reaction on the flight's promise.
    if (!signal && timeout === undefined) return flight.promise
    return withTimeout(flight.promise, clock, {
      signal,
      timeout,
      onTimeout: () => tooSlow(provider.id, timeout ?? 0),
      onLeave: () => {
        flight.waiters -= 1
      },
    })
  }
}

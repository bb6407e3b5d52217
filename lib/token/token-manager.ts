// A project whose own libraries are older knows these names by this.
/// <reference lib="esnext.disposable" preserve="true" />
import type { GrantName } from '../definitions/credentials.ts'
import type { ProviderDefinition } from '../definitions/definition.ts'
import { memoryStore } from '../stores/memory.ts'
import type { TokenRecord } from '../stores/token-store.ts'
import { ConsentDesk, type ConsentExpectation, type ConsentRequest } from './authorization.ts'
import type { Values } from '../token-endpoint/build-request.ts'
import { fetchTransport } from '../token-endpoint/fetch-transport.ts'
import { endpointOf } from '../token-endpoint/other-endpoints.ts'
import { fillSite } from '../token-endpoint/resource-server-config.ts'
import { Errands } from './token-operations.ts'
import type { TokenTransport } from '../token-endpoint/transport.ts'
import { bounded, refusedBounds } from '../util/abort.ts'
import { Ladder, type RefreshFamily } from './acquire.ts'
import { Possession } from './current-token.ts'
import { Gatekeeper } from './endpoint-breaker.ts'
import { overloaded, tooSlow } from './errors.ts'
import { Emitter, markOf, type RequestEvents, type TokenEvents } from './events.ts'
import { readOptions, type Settings, type TokenManagerOptions } from './options.ts'
import { storeKey, Vault } from './persistence.ts'
import { RenewalQueue } from './renewal-queue.ts'
import { Flights } from './renewal.ts'
import { decide, type Decision } from './schedule.ts'
import type { Site, TokenRequest, TokenSource } from './token-source.ts'
import { type AdoptedToken, checkAdopted, type Token } from './token.ts'

/** Holds the token of one account and keeps it valid. */
export interface TokenManager extends TokenSource, AsyncDisposable {
  readonly site: Site
  /** Takes a token that came from elsewhere. Throws a `TypeError` for one that cannot be sent. */
  adopt(token: AdoptedToken): Promise<Token>
  /** Where to send a person who is to agree; `holes` fill what the provider leaves open there. */
  authorizationUrl(holes?: Values): Promise<ConsentRequest>
  /**
   * Takes the token that a person's consent is worth. Rejects with a `TokenResponseError` whose reason is `state` for a callback that
   * was not asked for, and with an `OAuthError` for a refusal.
   * @see RFC 6749, sections 4.1 and 4.2
   */
  exchange(callbackUrl: string | URL, expected?: ConsentExpectation): Promise<Token>
  /** What the authorization server says of the current token; `holes` fill what the provider leaves open there. */
  inspect(holes?: Values): Promise<unknown>
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
const REVIVAL_PAUSE = 1_000

export class Manager implements TokenManager {
  readonly site: Site
  readonly #settings: Settings
  readonly #events = new Emitter()
  readonly #possession: Possession
  readonly #gatekeeper: Gatekeeper
  readonly #vault: Vault
  readonly #flights: Flights
  readonly #errands: Errands
  readonly #consent: ConsentDesk
  #revivedAt = -Infinity

  /** `family`: with those who spend the same refresh token. */
  constructor(settings: Settings, transport: TokenTransport, queue: RenewalQueue, family?: RefreshFamily) {
    const { provider, grant, values, clock, timing } = settings
    this.#settings = settings
    this.#errands = new Errands(settings, transport)
    this.#consent = new ConsentDesk(provider, values)
    this.site = { ...fillSite(settings), dangerouslyAllowInsecureHttp: settings.dangerouslyAllowInsecureHttp }
    this.#possession = new Possession(clock, timing, family)
    this.#gatekeeper = new Gatekeeper(clock, timing)
    this.#vault = new Vault(settings.store ?? memoryStore(), storeKey(settings), clock, timing, this.#events)
    this.#flights = new Flights({
      settings,
      transport,
      possession: this.#possession,
      gatekeeper: this.#gatekeeper,
      ladder: new Ladder(provider, grant, values, settings.onAmbiguousRefresh),
      vault: this.#vault,
      queue,
      events: this.#events,
      discard: (accessToken) => {
        if (provider.revoke) this.#errands.call('revoke', accessToken).catch(() => undefined)
      },
    })
  }

  /**
   * Whether it can go without losing anything: nothing under way, nothing unsaved, and its token stored or to be had again. That a token
   * was refused the store is told first.
   */
  letGo(): boolean {
    const { store, provider, grant } = this.#settings
    const { holding } = this.#possession
    const again = store !== undefined || provider.grants[grant]?.repeatable !== false || !holding
    if (!again || this.#flights.underWay || this.#vault.unsaved) return false
    if (store && holding?.rejected === true) this.#vault.end(holding.token.accessToken)
    return !this.#vault.unsaved
  }

  peek(): Token | undefined {
    const { holding } = this.#possession
    // The hot path: a fresh token is served whatever else there is.
    if (holding && !holding.rejected && this.#settings.clock.now() < holding.schedule.staleAt) return holding.token
    const decision = this.#decide()
    if (!holding || decision === 'wait' || decision === 'fail') return undefined
    if (decision === 'serve-and-renew') {
      this.#flights.renewBehind()
      this.#events.emit('stale-served', () => markOf(holding.token))
    }
    return holding.token
  }

  token(request: TokenRequest = {}): Promise<Token> {
    const decision = this.#decide(request.minValidity)
    const token = decision === 'wait' ? undefined : this.peek()
    if (token) return Promise.resolve(token)
    const { error } = this.#gatekeeper
    return decision === 'fail' && error && !this.#mayRevive() ? Promise.reject(error) : this.#wait(request)
  }

  async renew(rejected: Token, request: TokenRequest = {}): Promise<Token> {
    this.#possession.reject(rejected.accessToken)
    // A flight that began before the rejection, or that found the rejected token in the store, may land with that very token.
    for (;;) {
      const token = await this.token(request)
      if (token.accessToken !== rejected.accessToken) return token
      this.#possession.reject(rejected.accessToken)
    }
  }

  async adopt(adopted: AdoptedToken): Promise<Token> {
    const { clock } = this.#settings
    return this.#install({ ...checkAdopted(adopted), scheme: 'Bearer', obtainedAt: clock.now() })
  }

  authorizationUrl(holes: Values = {}): Promise<ConsentRequest> {
    return this.#consent.request(holes)
  }

  async exchange(callbackUrl: string | URL, expected?: ConsentExpectation): Promise<Token> {
    return this.#install(await this.#errands.redeem(this.#consent.receive(callbackUrl, expected)))
  }

  async inspect(holes?: Values): Promise<unknown> {
    endpointOf(this.#settings.provider, 'inspect')
    const { accessToken } = await this.token()
    return this.#errands.call('inspect', accessToken, holes)
  }

  async revoke(): Promise<void> {
    const { by } = endpointOf(this.#settings.provider, 'revoke')
    const { holding, family } = this.#possession
    const { refreshToken } = family
    // The refresh token first: with it the others can be had again.
    const first = by === 'client' ? refreshToken : undefined
    await this.clear()
    await this.#errands.revoke([first, holding?.token.accessToken].flatMap((token) => token ?? []))
  }

  async clear(): Promise<void> {
    this.#flights.abandon()
    this.#possession.replace(undefined)
    this.#gatekeeper.open()
    await this.#vault.keep(undefined)
    this.#events.emit('cleared', () => ({ epoch: this.#possession.epoch }))
  }

  on<Name extends keyof TokenEvents>(name: Name, listener: (event: TokenEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  notify<Name extends keyof RequestEvents>(name: Name, event: RequestEvents[Name]): void {
    this.#events.emit(name, () => event as TokenEvents[Name])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flights.settled()
    await this.#vault.flush()
  }

  async #install(record: Omit<TokenRecord, 'generation'>): Promise<Token> {
    this.#flights.abandon()
    const holding = await this.#possession.weigh(record)
    this.#possession.replace(holding)
    this.#gatekeeper.open()
    await this.#vault.keep(holding.record)
    this.#events.emit('adopted', () => markOf(holding.token))
    return holding.token
  }

  #decide(minValidity?: number): Decision {
    const now = this.#settings.clock.now()
    return decide(this.#possession.state(now, minValidity), this.#gatekeeper.gate(now))
  }

  /** Whether the store is to be asked again for what another process may have written. */
  #mayRevive(): boolean {
    const { store, clock } = this.#settings
    const now = clock.now()
    if (!store || this.#gatekeeper.gate(now) !== 'dead' || now - this.#revivedAt < REVIVAL_PAUSE) return false
    this.#revivedAt = now
    return true
  }

  #wait({ signal, timeout }: TokenRequest): Promise<Token> {
    const refused = refusedBounds(signal, timeout)
    if (refused !== undefined) return Promise.reject(refused)
    const { provider, clock, maxWaiters } = this.#settings
    const flight = this.#flights.board()
    if (flight.waiters >= maxWaiters) return Promise.reject(overloaded(provider.id, maxWaiters))
    flight.waiters += 1
    this.#flights.hold()
    // Without a limit of its own a waiter costs no more than a reaction on the flight's promise.
    if (!signal && timeout === undefined) return flight.landing
    return bounded(flight.landing, clock, {
      signal,
      timeout,
      onTimeout: () => tooSlow(provider.id, timeout ?? 0),
      onLeave: () => {
        flight.waiters -= 1
      },
    })
  }
}

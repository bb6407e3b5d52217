// The policy: which state the token is in, and what a caller gets. How a token is come by is the ladder's business, how a renewal
// runs the flights', where tokens are kept the vault's.
import { fillSite, type Values } from '../endpoint/fill.ts'
import { endpointOf } from '../endpoint/fill-endpoint.ts'
import type { TokenTransport } from '../endpoint/wire.ts'
import { memoryStore } from '../stores/memory.ts'
import type { TokenRecord } from '../stores/token-store.ts'
import { checkAdopted, type AdoptedToken } from './adopted-token.ts'
import { bounded, refusedBounds } from './bounded.ts'
import { ConsentDesk, type ConsentExpectation, type ConsentRequest } from './consent.ts'
import { Errands } from './errands.ts'
import { Emitter, markOf, type RequestEvents, type TokenEvents } from './events.ts'
import { Flights } from './flights.ts'
import { Gatekeeper } from './gatekeeper.ts'
import { Ladder, type RefreshFamily } from './ladder.ts'
import { decide, type Decision } from './lifecycle.ts'
import type { Settings } from './options.ts'
import { Possession } from './possession.ts'
import { overloaded, tooSlow } from './refusals.ts'
import type { RenewalQueue } from './renewal-queue.ts'
import { storeKey } from './store-key.ts'
import type { Token } from './token.ts'
import type { Site, TokenRequest } from './token-source.ts'
import { Vault } from './vault.ts'
import type { TokenManager } from './token-manager.ts'

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

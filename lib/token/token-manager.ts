// The policy: which state the token is in, and what a caller gets. How a token is come by is the ladder's business, how a renewal
// runs the flights', where tokens are kept the vault's.
import { fillSite } from '../endpoint/fill.ts'
import type { TokenTransport } from '../endpoint/wire.ts'
import { memoryStore } from '../stores/memory.ts'
import { checkAdopted, type AdoptedToken } from './adopted-token.ts'
import { bounded } from './bounded.ts'
import { Emitter, type RequestEvents, type TokenEvents } from './events.ts'
import { Flights } from './flights.ts'
import { Gatekeeper } from './gatekeeper.ts'
import { Ladder } from './ladder.ts'
import { decide, type Decision } from './lifecycle.ts'
import type { Settings } from './options.ts'
import { Possession } from './possession.ts'
import { overloaded, tooSlow } from './refusals.ts'
import type { RenewalQueue } from './renewal-queue.ts'
import { storeKey } from './store-key.ts'
import type { Token } from './token.ts'
import type { Site, TokenRequest, TokenSource } from './token-source.ts'
import { Vault } from './vault.ts'

/** Holds the token of one account and keeps it valid. */
export interface TokenManager extends TokenSource, AsyncDisposable {
  readonly site: Site
  /** Takes a token that came from elsewhere. Throws a `TypeError` for one that cannot be sent. */
  adopt(token: AdoptedToken): Promise<Token>
  /** Forgets everything, here and in the store; what a flight under way brings home is dropped. */
  clear(): Promise<void>
  /** Calls `listener` at each event; gives the function that stops it. */
  on<Name extends keyof TokenEvents>(name: Name, listener: (event: TokenEvents[Name]) => void): () => void
  /** Waits for the flight under way, and writes what is not yet in the store. */
  [Symbol.asyncDispose](): Promise<void>
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
  #revivedAt = -Infinity

  constructor(settings: Settings, transport: TokenTransport, queue: RenewalQueue) {
    const { provider, grant, values, clock, timing } = settings
    this.#settings = settings
    const { dangerouslyAllowInsecureHttp } = settings
    this.site = { ...fillSite(settings), dangerouslyAllowInsecureHttp }
    this.#possession = new Possession(clock, timing)
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
    })
  }

  peek(): Token | undefined {
    const { holding } = this.#possession
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
    const record = checkAdopted(adopted)
    this.#flights.abandon()
    const holding = await this.#possession.weigh({ ...record, scheme: 'Bearer', obtainedAt: clock.now() })
    this.#possession.replace(holding)
    this.#gatekeeper.open()
    await this.#vault.keep(holding.record)
    this.#events.emit('adopted', () => markOf(holding.token))
    return holding.token
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
    const { provider, clock, maxWaiters } = this.#settings
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
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

function markOf({ generation, fingerprint }: Token): { generation: number; fingerprint: string } {
  return { generation, fingerprint }
}

// The model of one vector: a real manager under a real binding, with a clock, two servers and a store that follow the vector.
import '../../support/instant-digest.ts'
import type { CommonOptions } from '../../../lib/token/options.ts'
import { createTokenManager, type TokenManager } from '../../../lib/token/token-manager.ts'
import { flush, VirtualClock } from '../../support/clock.ts'
import { Api, CALLER, THINGS } from './api.ts'
import type { Binding, Send } from './bindings.ts'
import { API, CREDENTIALS, revokingServer, server } from './client.ts'
import type { Action, ApiCall, Config, Happening, Start, StoredToken, Vector } from './format.ts'
import { type Entry, Log } from './log.ts'
import { answered, failed } from './outcome.ts'
import { Store } from './store.ts'
import { TokenEndpoint } from './token-endpoint.ts'

const START = Date.UTC(2026, 0, 1)
// More turns of the event loop than any chain of promises here takes.
const TURNS = 4

export class Model {
  readonly store: Store
  readonly endpoint: TokenEndpoint
  readonly api: Api
  readonly #clock: VirtualClock
  readonly #log: Log
  readonly #tokens: TokenManager
  readonly #send: Send
  readonly #leave = new Map<string, AbortController>()
  #turned = 0
  #unsettled = 0

  constructor({ config = {}, start }: Vector, binding: Binding) {
    this.#clock = new VirtualClock(START + (heldOf(start)?.obtainedAt ?? 0))
    this.#log = new Log(() => this.#elapsed)
    this.store = new Store(config.store, this.#log, START)
    this.endpoint = new TokenEndpoint(this.#log)
    this.api = new Api(this.#log)
    this.#tokens = managerOf(config, this.store, this.endpoint, this.#clock)
    this.#send = binding.bind(this.#tokens, this.api)
  }

  /** Epoch milliseconds by the clock of the vector. */
  readonly now = (): number => this.#clock.now()

  get unsettled(): number {
    return this.#unsettled
  }

  /** Sets the state before the first step. */
  async begin(start: Start | undefined): Promise<void> {
    if (!start) return
    const held = heldOf(start)
    this.store.hold('stored' in start ? start.stored : held)
    if (held) await this.#tokens.token()
    await this.advanceTo(0)
  }

  /** Advances the clock. */
  async advanceTo(at: number): Promise<void> {
    await this.#clock.advance(at - this.#elapsed)
    await this.#settle()
  }

  /** Performs the actions in one tick and waits for their effects; returns the new log entries. */
  async perform(actions: readonly Action[]): Promise<Entry[]> {
    for (const action of actions) this.#do(action)
    await this.#settle()
    return this.#log.take()
  }

  /** Milliseconds since the start, regardless of changes of the time of day. */
  get #elapsed(): number {
    return this.#clock.now() - this.#turned - START
  }

  #do(action: Action): void {
    if ('request' in action) this.#request(action)
    else if ('answerToken' in action) this.endpoint.answer(action.answerToken)
    else if ('answerApi' in action) this.api.answer(action.answerApi, action.times ?? 1, action)
    else if ('abort' in action) this.#controller(action.abort).abort()
    else if ('turnClock' in action) this.#turn(action.turnClock)
    else if ('answerStore' in action) this.store.answer(action.answerStore, action.which)
    else if ('storeHolds' in action) this.store.hold(action.storeHolds ?? undefined)
    else if ('clear' in action) this.#promise('clear', this.#tokens.clear())
    else {
      const { expiresAt, ...token } = action.adopt
      const life = expiresAt !== undefined && { expiresAt: START + expiresAt }
      this.#promise('adopt', this.#tokens.adopt({ ...token, ...life }))
    }
  }

  #request({ request: caller, times = 1, url = THINGS, method = 'GET', headers = {}, body }: ApiCall): void {
    const { signal } = this.#controller(caller)
    for (let nth = 0; nth < times; nth += 1) {
      const sent = this.#send({ url, method, headers: { ...headers, [CALLER]: caller }, body, signal })
      this.#watch(
        sent.then(
          (outcome) => answered(caller, outcome),
          (error: unknown) => failed(caller, error, signal.reason, START),
        ),
        { outcome: caller },
      )
    }
  }

  #turn(ms: number): void {
    this.#clock.turn(ms)
    this.#turned += ms
  }

  #promise(done: string, promise: Promise<unknown>): void {
    this.#watch(
      promise.then(() => ({ done })),
      { done },
    )
  }

  /** Logs the result of a promise; `name` identifies it when it fails in a way that no vector describes. */
  #watch(promise: Promise<Happening>, name: Happening): void {
    this.#unsettled += 1
    promise
      .catch((error: unknown) => ({ ...name, error: String(error) }))
      .then((what) => {
        this.#unsettled -= 1
        this.#log.add(what)
      })
      .catch(() => undefined)
  }

  #controller(caller: string): AbortController {
    const known = this.#leave.get(caller) ?? new AbortController()
    this.#leave.set(caller, known)
    return known
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn += 1) await flush()
  }
}

function heldOf(start: Start | undefined): StoredToken | undefined {
  return start && 'held' in start ? start.held : undefined
}

function managerOf(config: Config, store: Store, endpoint: TokenEndpoint, clock: VirtualClock): TokenManager {
  const { grant = 'client_credentials', code, ambiguousRefresh, revocation = false, propagationDelay, origins } = config
  const shared: CommonOptions & { readonly provider: typeof server } = {
    provider: { ...(revocation ? revokingServer : server), ...(propagationDelay && { propagationDelay }) },
    account: 'the-account',
    store,
    transport: endpoint.transport,
    clock,
    ...(origins && { resources: [API, ...origins] }),
    ...(ambiguousRefresh && { onAmbiguousRefresh: ambiguousRefresh }),
  }
  return grant === 'client_credentials'
    ? createTokenManager({ ...shared, grant, credentials: CREDENTIALS })
    : createTokenManager({ ...shared, grant, credentials: { ...CREDENTIALS, ...(code !== undefined && { code }) } })
}

// Whole requests through a wrapped fetch, over an API that refuses tokens rightly or by chance and answers late, with callers who leave.
import fc from 'fast-check'
import { type BearerFetch, wrapFetch } from '../../lib/fetch.ts'
import { isTokenError, type TokenManager } from '../../lib/index.ts'
import { createTokenManager } from '../../lib/token/token-manager.ts'
import type { TokenSource } from '../../lib/token/token-source.ts'
import { plain } from '../support/managers.ts'
import { withScheduledDigests } from './scheduled-digest.ts'
import { type Chance, Stage, withChance } from './scheduler.ts'
import { Desk } from './token-server.ts'

type Act =
  { readonly do: 'request' | 'stream' | 'leave' | 'clear' | 'revoke' } | { readonly do: 'pass'; readonly ms: number }

const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Act>({ do: 'request' }, { do: 'request' }, { do: 'stream' }) },
    { weight: 2, arbitrary: fc.constantFrom<Act>({ do: 'leave' }, { do: 'revoke' }) },
    { weight: 2, arbitrary: fc.constantFrom(1_000, 20_000, 45_000, 100_000).map((ms): Act => ({ do: 'pass', ms })) },
    { weight: 1, arbitrary: fc.constant<Act>({ do: 'clear' }) },
  ),
  { minLength: 1, maxLength: 16 },
)

export const requestsProgram = withChance(acts)

export function playRequests([scheduler, fates, program]: [...Chance, Act[]]): Promise<void> {
  return new RequestsWorld(new Stage(scheduler, fates)).play(program)
}

class Gone extends Error {}

interface Caller {
  readonly streams: boolean
  readonly controller: AbortController
  /** Tokens of its sendings, and what each was answered. */
  readonly sent: string[]
  readonly statuses: (number | undefined)[]
}

class RequestsWorld {
  readonly #stage: Stage
  readonly #desk: Desk
  readonly #tokens: TokenManager
  readonly #fetch: BearerFetch<TokenSource>
  readonly #callers: Caller[] = []
  /** What the manager was told is no good, and what the server no longer takes. */
  readonly #rejected = new Set<string>()
  readonly #revoked = new Set<string>()

  constructor(stage: Stage) {
    this.#stage = stage
    this.#desk = new Desk(stage, { fates: ['token', 'token', 'token', 'unavailable', 'denied', 'lost', 'page'] })
    const tokens = createTokenManager({
      provider: plain,
      grant: 'client_credentials',
      credentials: { clientId: 'c', clientSecret: 's' },
      clock: stage.clock,
      transport: this.#desk.transport,
    })
    this.#tokens = tokens
    const watched: TokenSource = {
      resourceServer: tokens.resourceServer,
      peek: () => tokens.peek(),
      token: (request) => tokens.token(request),
      renew: (rejected, request) => {
        this.#rejected.add(rejected.accessToken)
        return tokens.renew(rejected, request)
      },
    }
    this.#fetch = wrapFetch((input, init) => this.#send(input as string, init), watched)
  }

  play(program: readonly Act[]): Promise<void> {
    return withScheduledDigests(this.#stage, () =>
      this.#stage.play(
        program,
        (act) => this.#take(act),
        () => undefined,
      ),
    )
  }

  #take(act: Act): unknown {
    switch (act.do) {
      case 'request':
      case 'stream':
        this.#request(act.do === 'stream')
        return undefined
      case 'leave':
        this.#callers.at(-1)?.controller.abort(new Gone())
        return undefined
      case 'revoke':
        for (const token of this.#desk.issued.keys()) this.#revoked.add(token)
        return undefined
      case 'clear':
        this.#desk.abandon('')
        this.#stage.promised(this.#tokens.clear())
        return undefined
      case 'pass':
        return this.#stage.pass(act.ms)
    }
  }

  #request(streams: boolean): void {
    const caller: Caller = { streams, controller: new AbortController(), sent: [], statuses: [] }
    const url = `${plain.api}/${String(this.#callers.push(caller) - 1)}`
    const { signal } = caller.controller
    const body = streams ? new ReadableStream() : undefined
    const call = this.#fetch(url, { method: 'POST', signal, ...(body && { body, duplex: 'half' }) })
    this.#stage.promised(
      call.then(
        ({ status }) => {
          if (signal.aborted) this.#stage.broken('a caller who had left was answered')
          if (status !== caller.statuses.at(-1)) this.#stage.broken('an answer was given that was not the last')
        },
        (error: unknown) => {
          if (signal.aborted ? error !== signal.reason : !isTokenError(error))
            this.#stage.broken(`a caller saw ${String(error)}`)
        },
      ),
    )
  }

  /** The API, as `fetch` reaches it. */
  #send(url: string, init: RequestInit = {}): Promise<Response> {
    const caller = this.#callers[Number(url.slice(url.lastIndexOf('/') + 1))]
    const token = /^Bearer (.+)$/.exec(new Headers(init.headers).get('authorization') ?? '')?.[1]
    if (!caller || token === undefined) throw new Error('a request left without a token')
    this.#check(caller, token)
    caller.sent.push(token)
    const reply = this.#stage.later('the API', () => {
      const isRefused = this.#revoked.has(token) || this.#stage.fate([false, false, false, true])
      const status = isRefused ? 401 : 200
      caller.statuses.push(status)
      return new Response(null, { status })
    })
    const { signal } = caller.controller
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error)
      })
      reply.then(resolve, reject)
    })
  }

  #check({ streams, sent, statuses, controller }: Caller, token: string): void {
    const issued = this.#desk.issued.get(token)
    const broken = (what: string): void => {
      this.#stage.broken(what)
    }
    if (controller.signal.aborted) broken('a request left after its caller')
    if (sent.length > 1) broken('a request was sent a third time')
    if (sent.length === 1 && streams) broken('a stream was sent twice')
    if (sent.length === 1 && statuses[0] !== 401) broken('a request was sent again that was not refused')
    if (sent.length === 1 && serial(token) <= serial(sent[0])) broken('a request was sent again with no newer token')
    if (serial(token) < serial(this.#tokens.peek()?.accessToken))
      broken('a token was sent that was not the current one')
    if (this.#rejected.has(token)) broken('a rejected token was sent')
    if (!issued || issued.expiresAt <= this.#stage.clock.now()) broken('an expired token was sent')
    if (issued?.dropped === true) broken('a token was sent that came home after clear()')
  }
}

/** The order in which tokens were issued. */
function serial(token = 'AT..0'): number {
  return Number(token.slice(token.lastIndexOf('.') + 1))
}

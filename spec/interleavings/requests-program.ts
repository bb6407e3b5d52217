// Programs of requests through a wrapped fetch: the API rejects revoked tokens, and others by chance; it responds late; callers abort.
import fc from 'fast-check'
import { type BearerFetch, wrapFetch } from '../../lib/fetch.ts'
import { isTokenError, type TokenManager } from '../../lib/index.ts'
import { createTokenManager } from '../../lib/token/token-manager.ts'
import type { TokenSource } from '../../lib/token/token-source.ts'
import { plain } from '../support/managers.ts'
import { type Advance, advanceBy, type Model, programs, runner, type Scheduler } from './scheduler.ts'
import { TokenServer } from './token-server.ts'

type Step = { readonly do: 'request' | 'stream' | 'leave' | 'clear' | 'revoke' } | Advance

/** The grant has no account of its own. */
const ACCOUNT = ''

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Step>({ do: 'request' }, { do: 'request' }, { do: 'stream' }) },
    { weight: 2, arbitrary: fc.constantFrom<Step>({ do: 'leave' }, { do: 'revoke' }) },
    { weight: 2, arbitrary: advanceBy(1_000, 20_000, 45_000, 100_000) },
    { weight: 1, arbitrary: fc.constant<Step>({ do: 'clear' }) },
  ),
  { minLength: 1, maxLength: 16 },
)

export const requestsPrograms = programs(steps)
export const runRequests = runner<Step>((scheduler) => new RequestsModel(scheduler))

interface Caller {
  readonly streams: boolean
  readonly controller: AbortController
  /** The tokens with which its request was sent, and the statuses of the responses. */
  readonly sent: string[]
  readonly statuses: (number | undefined)[]
}

class RequestsModel implements Model<Step> {
  readonly #scheduler: Scheduler
  readonly #server: TokenServer
  readonly #tokens: TokenManager
  readonly #fetch: BearerFetch<TokenSource>
  readonly #callers: Caller[] = []
  /** Tokens that a client reported as rejected, and tokens that the API no longer accepts. */
  readonly #rejected = new Set<string>()
  readonly #revoked = new Set<string>()

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
    this.#server = new TokenServer(scheduler, {
      outcomes: ['token', 'token', 'token', 'unavailable', 'denied', 'lost', 'page'],
    })
    const tokens = createTokenManager({
      provider: plain,
      grant: 'client_credentials',
      credentials: { clientId: 'c', clientSecret: 's' },
      clock: scheduler.clock,
      transport: this.#server.transport,
    })
    this.#tokens = tokens
    const watched: TokenSource = {
      resourceServer: tokens.resourceServer,
      peek: (origin) => tokens.peek(origin),
      token: (request) => tokens.token(request),
      renew: (rejected, request) => {
        this.#rejected.add(rejected.accessToken)
        return tokens.renew(rejected, request)
      },
    }
    this.#fetch = wrapFetch((input, init) => this.#send(input as string, init), watched)
  }

  run(program: readonly Step[]): Promise<void> {
    return this.#scheduler.run(
      program,
      (step) => this.#perform(step),
      () => undefined,
    )
  }

  #perform(step: Step): unknown {
    switch (step.do) {
      case 'request':
      case 'stream':
        this.#request(step.do === 'stream')
        return undefined
      case 'leave':
        this.#callers.at(-1)?.controller.abort(new Error('left'))
        return undefined
      case 'revoke':
        for (const token of this.#server.accessTokens) this.#revoked.add(token)
        return undefined
      case 'clear':
        this.#server.abandon(ACCOUNT)
        this.#scheduler.mustSettle(this.#tokens.clear())
        return undefined
      case 'advance':
        return this.#scheduler.advance(step.ms)
    }
  }

  #request(streams: boolean): void {
    const caller: Caller = { streams, controller: new AbortController(), sent: [], statuses: [] }
    const url = `${plain.api}/${String(this.#callers.push(caller) - 1)}`
    const { signal } = caller.controller
    const body = streams ? new ReadableStream() : undefined
    const call = this.#fetch(url, { method: 'POST', signal, ...(body && { body, duplex: 'half' }) })
    this.#scheduler.mustSettle(
      call.then(
        ({ status }) => {
          if (signal.aborted) this.#scheduler.violated('a call was resolved after it was aborted')
          if (status !== caller.statuses.at(-1))
            this.#scheduler.violated('a call was resolved with another response than the last')
        },
        (error: unknown) => {
          if (signal.aborted ? error !== signal.reason : !isTokenError(error))
            this.#scheduler.violated(`a call was rejected with ${String(error)}`)
        },
      ),
    )
  }

  /** The API behind `fetch`. */
  #send(url: string, init: RequestInit = {}): Promise<Response> {
    const caller = this.#callers[Number(url.slice(url.lastIndexOf('/') + 1))]
    const token = /^Bearer (.+)$/.exec(new Headers(init.headers).get('authorization') ?? '')?.[1]
    if (!caller || token === undefined) throw new Error('a request was sent without a token')
    this.#check(caller, token)
    caller.sent.push(token)
    const response = this.#scheduler.task('the API', () => {
      const isRejected = this.#revoked.has(token) || this.#scheduler.outcome([false, false, false, true])
      const status = isRejected ? 401 : 200
      caller.statuses.push(status)
      return new Response(null, { status })
    })
    const { signal } = caller.controller
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error)
      })
      response.then(resolve, reject)
    })
  }

  #check({ streams, sent, statuses, controller }: Caller, token: string): void {
    const violated = (message: string): void => {
      this.#scheduler.violated(message)
    }
    this.#server.checkUse(token, ACCOUNT)
    if (controller.signal.aborted) violated('a request was sent after its caller had aborted')
    if (sent.length > 1) violated('a request was sent a third time')
    if (sent.length === 1 && streams) violated('a stream was sent twice')
    if (sent.length === 1 && statuses[0] !== 401) violated('a request was sent again that was not rejected')
    if (sent.length === 1 && serial(token) <= serial(sent[0])) violated('a request was sent again with no newer token')
    if (serial(token) < serial(this.#tokens.peek()?.accessToken))
      violated('a token was sent that was not the current one')
    if (this.#rejected.has(token)) violated('a rejected token was sent')
  }
}

/** The position of a token in the order of issue. */
function serial(token = 'AT..0'): number {
  return Number(token.slice(token.lastIndexOf('.') + 1))
}

// Programs of two clients over one manager, and of three origins: one that accepts every living token, one that rejects every token, one
// that accepts each token once. The token endpoint responds late, fails, or refuses.
import axios from 'axios'
import fc from 'fast-check'
import { attachBearer } from '../../lib/axios.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import { isTokenError, type TokenManager } from '../../lib/index.ts'
import { createTokenManager } from '../../lib/token/token-manager.ts'
import { plain } from '../support/managers.ts'
import { type Advance, advanceBy, type Model, programs, runner, type Scheduler } from './scheduler.ts'
import { LIFETIME, TokenServer } from './token-server.ts'

const ORIGINS = { good: 'https://good.example', bad: 'https://bad.example', once: 'https://once.example' } as const
type Origin = keyof typeof ORIGINS
type Step = { readonly do: 'request'; readonly client: 'fetch' | 'axios'; readonly origin: Origin } | Advance

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('request' as const),
        client: fc.constantFrom('fetch' as const, 'axios' as const),
        origin: fc.constantFrom<Origin>('good', 'bad', 'once', 'once'),
      }),
    },
    { weight: 2, arbitrary: advanceBy(100, 1_000, 10_000, 31_000) },
  ),
  { minLength: 1, maxLength: 30, size: 'max' },
)

export const originsPrograms = programs(steps, 'max')
export const runOrigins = runner<Step>((scheduler) => new OriginsModel(scheduler))

/** Forced renewals of young tokens that are allowed at once, and the time after which one more is. */
const BUDGET = 3
const REFILL_MS = 30_000
/** A token request is made up to this often in one renewal. */
const ATTEMPTS = 3

class OriginsModel implements Model<Step> {
  readonly #scheduler: Scheduler
  readonly #server: TokenServer
  readonly #send: Readonly<Record<'fetch' | 'axios', (url: string) => Promise<number>>>
  readonly #tokens: TokenManager
  /** Tokens that the third origin has accepted. */
  readonly #seen = new Set<string>()
  readonly #startedAt: number

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
    this.#startedAt = scheduler.clock.now()
    this.#server = new TokenServer(scheduler, {
      outcomes: ['token', 'token', 'token', 'unavailable', 'denied', 'lost'],
    })
    const tokens = (this.#tokens = createTokenManager({
      provider: plain,
      grant: 'client_credentials',
      credentials: { clientId: 'c', clientSecret: 's' },
      resources: Object.values(ORIGINS),
      clock: scheduler.clock,
      transport: this.#server.transport,
    }))
    const wrapped = wrapFetch(async (url, init) => {
      const status = await this.#api(url as string, new Headers(init?.headers).get('authorization'))
      return new Response(null, { status })
    }, tokens)
    const instance = axios.create({
      validateStatus: () => true,
      adapter: async (config) => {
        const status = await this.#api(config.url ?? '', String(config.headers.get('authorization')))
        return { status, statusText: '', data: '', headers: {}, config }
      },
    })
    attachBearer(instance, tokens)
    this.#send = {
      fetch: async (url) => (await wrapped(url)).status,
      axios: async (url) => (await instance.get(url)).status,
    }
  }

  run(program: readonly Step[]): Promise<void> {
    return this.#scheduler.run(
      program,
      (step) => this.#perform(step),
      () => {
        this.#check()
      },
    )
  }

  #perform(step: Step): unknown {
    if (step.do === 'advance') return this.#scheduler.advance(step.ms)
    const { client, origin } = step
    const isServed = this.#tokens.peek(ORIGINS[origin]) !== undefined
    this.#scheduler.mustSettle(
      this.#send[client](ORIGINS[origin]).then(
        (status) => {
          if (status === 401 && origin === 'good')
            this.#scheduler.violated('an origin that accepts every token responded 401')
        },
        (error: unknown) => {
          if (!isTokenError(error) || (origin === 'good' && isServed))
            this.#scheduler.violated(`a call was rejected with ${String(error)}`)
        },
      ),
    )
    return undefined
  }

  #api(url: string, authorization: string | null): Promise<number> {
    const token = authorization?.replace('Bearer ', '') ?? ''
    return this.#scheduler.task('the API', () => {
      if (url.startsWith(ORIGINS.good)) return 200
      if (url.startsWith(ORIGINS.bad)) return 401
      if (this.#seen.has(token)) return 401
      this.#seen.add(token)
      return 200
    })
  }

  /** No storm: what tokens that end by themselves need, the budget, and attempts that were made again. */
  #check(): void {
    const elapsed = this.#scheduler.clock.now() - this.#startedAt
    const byAge = 1 + Math.ceil(elapsed / (LIFETIME * 500))
    const forced = BUDGET + Math.floor(elapsed / REFILL_MS) + 1
    const tokens = this.#server.accessTokens.length
    if (tokens > byAge + forced)
      this.#scheduler.violated(`${String(tokens)} tokens were issued in ${String(elapsed)} ms`)
    if (this.#server.pending.size > ATTEMPTS) this.#scheduler.violated('several token requests were under way at once')
  }
}

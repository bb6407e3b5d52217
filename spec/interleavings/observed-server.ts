// A strict token endpoint whose requests and responses are delayed. It records which tokens reached a client, and reports a refresh token
// that is in two requests at once, or that is sent again after its successor has reached a client.
import type { RawAnswer, TokenTransport, WireResult } from '../../lib/token-endpoint/transport.ts'
import type { VirtualClock } from '../support/clock.ts'
import { StrictServer } from '../support/sessions.ts'

/** Tokens that have reached a client. */
export interface Delivered {
  readonly accessToken: string
  readonly refreshToken: string
  /** The number of the login that they belong to. */
  readonly login: number
  readonly expiresAt: number
}

/** A request that presented a refresh token. */
export interface Presentation {
  readonly refreshToken: string
  readonly by: Connection
  /** `rotated`: the successor has reached the client. `over`: refused, lost, or given up. */
  state: 'in flight' | 'rotated' | 'over'
}

/** `dropped`: the request is lost before the server acts. `lost`: the response is lost. */
export type RequestFate = 'token' | 'unavailable' | 'not-sent' | 'dropped' | 'lost'

/** One client's connection to the server. */
export interface Connection {
  /** Delays a request on its way to the server, or a response on its way back. */
  readonly delay: (label: 'a request' | 'a response') => Promise<unknown>
  readonly fate: () => RequestFate
  /** Called when tokens reach the client. */
  readonly delivered: (pair: Delivered) => void
  /** Called when a refresh token is sent. */
  readonly sent?: (presentation: Presentation) => void
  /** Whether a refresh token may be sent although an earlier request with it is in flight, or has brought its successor. */
  readonly mayRepeat?: (earlier: Presentation) => boolean
}

const UNAVAILABLE: RawAnswer = { status: 503, headers: {}, text: '' }

export class ObservedServer {
  readonly strict = new StrictServer()
  readonly #clock: VirtualClock
  readonly #violated: (message: string) => void
  readonly #pairs = new Map<string, Delivered>()
  readonly #presentations: Presentation[] = []

  constructor(clock: VirtualClock, violated: (message: string) => void) {
    this.#clock = clock
    this.#violated = violated
  }

  /** Tokens of a new login, made elsewhere. */
  login(login: number): Delivered {
    return this.#record({ ...this.strict.login(), login, expiresAt: this.#clock.now() + this.strict.lifetime * 1_000 })
  }

  /** A callback whose code begins a login. */
  callback(login: number): string {
    return `https://app.example/?code=code-${String(login)}&state=state-value`
  }

  /** The tokens of which one is an access token or a refresh token. */
  pairOf(token: string): Delivered | undefined {
    return this.#pairs.get(token)
  }

  /** All tokens that have reached a client. */
  get pairs(): readonly Delivered[] {
    return [...new Set(this.#pairs.values())]
  }

  isRevoked({ accessToken, refreshToken }: Delivered): boolean {
    return this.strict.revoked.includes(accessToken) && this.strict.revoked.includes(refreshToken)
  }

  transport(connection: Connection): TokenTransport {
    return (call) => {
      let params = new URLSearchParams()
      let presentation: Presentation | undefined
      let actedAt = 0
      const end = (): void => {
        if (presentation?.state === 'in flight') presentation.state = 'over'
      }
      call.signal.addEventListener('abort', end)
      return this.strict.transport({
        signal: call.signal,
        prepare: async () => {
          const request = await call.prepare()
          params = new URLSearchParams(request.body)
          presentation = this.#present(params.get('refresh_token'), connection)
          await connection.delay('a request')
          actedAt = this.#clock.now()
          if (!request.url.endsWith('/revoke')) this.#decide(connection.fate())
          return request
        },
        again: async (result) => {
          await connection.delay('a response')
          if (!call.signal.aborted) this.#deliver(result, params, actedAt, presentation, connection)
          end()
          return call.again(result)
        },
      })
    }
  }

  #decide(fate: RequestFate): void {
    this.strict.next(fate === 'unavailable' ? UNAVAILABLE : fate)
  }

  #present(refreshToken: string | null, by: Connection): Presentation | undefined {
    if (refreshToken === null) return undefined
    for (const earlier of this.#presentations) {
      if (earlier.refreshToken !== refreshToken || earlier.state === 'over' || by.mayRepeat?.(earlier) === true)
        continue
      if (earlier.state === 'in flight') this.#violated('a refresh token was in two requests at once')
      else this.#violated('a refresh token was sent again after its successor had come')
    }
    const presentation: Presentation = { refreshToken, by, state: 'in flight' }
    this.#presentations.push(presentation)
    by.sent?.(presentation)
    return presentation
  }

  #deliver(
    result: WireResult,
    params: URLSearchParams,
    actedAt: number,
    presentation: Presentation | undefined,
    { delivered }: Connection,
  ): void {
    if ('failure' in result || result.status !== 200 || result.text === '') return
    const issued = JSON.parse(result.text) as { readonly access_token: string; readonly refresh_token: string }
    if (presentation) presentation.state = 'rotated'
    const code = params.get('code')?.replace('code-', '')
    const login = code === undefined ? this.#pairs.get(params.get('refresh_token') ?? '')?.login : Number(code)
    const pair = {
      accessToken: issued.access_token,
      refreshToken: issued.refresh_token,
      login: login ?? NaN,
      expiresAt: actedAt + this.strict.lifetime * 1_000,
    }
    delivered(this.#record(pair))
  }

  #record(pair: Delivered): Delivered {
    this.#pairs.set(pair.accessToken, pair)
    this.#pairs.set(pair.refreshToken, pair)
    return pair
  }
}

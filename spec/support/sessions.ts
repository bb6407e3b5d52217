// Members of one session: managers over one store, and a token endpoint that is as strict about refresh tokens as RFC 9700 allows.
import './instant-digest.ts'
import type { RawAnswer, TokenTransport, WireResult } from '../../lib/token-endpoint/transport.ts'
import { oauth2 } from '../../lib/providers/oauth2.ts'
import type { TokenStore } from '../../lib/stores/token-store.ts'
import type { CommonOptions } from '../../lib/token/options.ts'
import { createTokenManager, type TokenManager } from '../../lib/token/token-manager.ts'
import { flush, VirtualClock } from './clock.ts'
import { deferred } from './deferred.ts'
import { answer, refusal } from './fake-endpoint.ts'
import { leakDetector } from './leak-detector.ts'

/** Every grant of RFC 6749 that a session can begin with, and revocation. */
export const strict = oauth2({
  id: 'strict',
  tokenEndpoint: 'https://strict.example/token',
  authorizationEndpoint: 'https://strict.example/authorize',
  revocationEndpoint: 'https://strict.example/revoke',
  clientAuthentication: 'client_secret_post',
  grants: ['client_credentials', 'password', 'authorization_code'],
  pkce: false,
})

/**
 * The result of a request. `not-sent`: no connection. `dropped`: the request is lost. `lost`: the server processes it, and its response
 * is lost. `hang`: no response.
 */
type Fate = RawAnswer | 'token' | 'not-sent' | 'dropped' | 'lost' | 'hang'

/** The tokens of a login. */
export interface IssuedPair {
  readonly accessToken: string
  readonly refreshToken: string
}

interface Family {
  ended: boolean
  current: string
}

/**
 * A token endpoint that rotates refresh tokens, and ends a session whose used refresh token is sent again.
 * @see RFC 9700, section 4.14.2
 */
export class StrictServer {
  /** Token requests, in order. */
  readonly requests: URLSearchParams[] = []
  /** Revoked tokens, in order. */
  readonly revoked: string[] = []
  /** Passwords of the users. */
  readonly passwords = new Map([['ann', "ann's password"]])
  /** Seconds. */
  lifetime = 3600
  /** How often a used refresh token was sent. */
  replays = 0
  /** The number of concurrent token requests, and its maximum. */
  busy = 0
  mostBusy = 0
  readonly #families = new Map<string, Family>()
  readonly #fates: Fate[] = []
  #always: Fate = 'token'
  readonly #gates: Promise<void>[] = []
  #gate: Promise<void> | undefined
  #issued = 0

  /** The number of token requests. */
  get calls(): number {
    return this.requests.length
  }

  /** The refresh tokens that were sent, in order. */
  get presented(): readonly string[] {
    return this.requests.flatMap((params) => params.get('refresh_token') ?? [])
  }

  /** Results of the next token requests, one each. */
  next(...fates: Fate[]): void {
    this.#fates.push(...fates)
  }

  /** The result of every further token request. */
  always(fate: Fate): void {
    this.#always = fate
  }

  /** Delays the responses of all token requests until the returned function is called. */
  hold(): () => void {
    const gate = deferred()
    this.#gate = gate.promise
    return () => {
      this.#gate = undefined
      gate.resolve()
    }
  }

  /** Delays the response of the next token request until the returned function is called. */
  holdNext(): () => void {
    const gate = deferred()
    this.#gates.push(gate.promise)
    return gate.resolve
  }

  /** Returns the tokens of a login in another process. */
  login(): IssuedPair {
    return this.#issue({ ended: false, current: '' })
  }

  /** Whether a refresh token would be accepted now. */
  accepts(refreshToken: string | undefined): boolean {
    const family = this.#families.get(refreshToken ?? '')
    return family !== undefined && !family.ended && family.current === refreshToken
  }

  readonly transport: TokenTransport = async (call) => {
    for (;;) {
      const request = await call.prepare()
      leakDetector().learnRequest(request)
      const params = new URLSearchParams(request.body)
      const result = request.url.endsWith('/revoke') ? this.#revoke(params) : await this.#ask(params, call.signal)
      if (!(await call.again(result))) return result
    }
  }

  async #ask(params: URLSearchParams, signal: AbortSignal): Promise<WireResult> {
    const fate = this.#fates.shift() ?? this.#always
    if (fate === 'not-sent') return { failure: 'unreachable' }
    this.requests.push(params)
    this.busy += 1
    this.mostBusy = Math.max(this.mostBusy, this.busy)
    const aborted = new Promise<WireResult>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve({ failure: 'lost' })
      })
    })
    const result = await Promise.race([this.#answer(params, fate), aborted])
    this.busy -= 1
    return result
  }

  async #answer(params: URLSearchParams, fate: Fate): Promise<WireResult> {
    if (fate === 'dropped') return { failure: 'lost' }
    if (fate === 'hang') return new Promise(() => undefined)
    const result = typeof fate === 'object' ? fate : this.#grant(params)
    await (this.#gates.shift() ?? this.#gate)
    return fate === 'lost' ? { failure: 'lost' } : result
  }

  #grant(params: URLSearchParams): RawAnswer {
    const family = this.#familyOf(params)
    if (!family) return refusal('invalid_grant')
    const { accessToken, refreshToken } = this.#issue(family)
    return answer(200, {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: this.lifetime,
      ...(params.get('grant_type') !== 'client_credentials' && { refresh_token: refreshToken }),
    })
  }

  #familyOf(params: URLSearchParams): Family | undefined {
    const refreshToken = params.get('refresh_token')
    if (refreshToken !== null) {
      const family = this.#families.get(refreshToken)
      if (!family || family.ended) return undefined
      if (family.current === refreshToken) return family
      this.replays += 1
      family.ended = true
      return undefined
    }
    const username = params.get('username')
    if (username !== null && this.passwords.get(username) !== params.get('password')) return undefined
    return { ended: false, current: '' }
  }

  #issue(family: Family): IssuedPair {
    this.#issued += 1
    const n = String(this.#issued)
    const pair = { accessToken: `AT-${n}`, refreshToken: `RT-${n}` }
    family.current = pair.refreshToken
    this.#families.set(pair.refreshToken, family)
    leakDetector().learn(pair.accessToken)
    leakDetector().learn(pair.refreshToken)
    return pair
  }

  #revoke(params: URLSearchParams): RawAnswer {
    const token = params.get('token') ?? ''
    this.revoked.push(token)
    const family = this.#families.get(token)
    if (family) family.ended = true
    return answer(200, '')
  }
}

/** Awaits the promise while time passes in short steps: a minute at most. */
export async function inTime<T>(clock: VirtualClock, promise: Promise<T>, step = 100): Promise<T> {
  const pending = Symbol('pending')
  const now = (): Promise<unknown> => Promise.race([promise, Promise.resolve(pending)])
  await flush()
  for (let n = 0; n < 600 && (await now()) === pending; n += 1) await clock.advance(step)
  if ((await now()) === pending) throw new Error(`nothing came of it within ${String((600 * step) / 1_000)} s`)
  return promise
}

/** Managers over one server and, unless told otherwise, one store and one clock. */
export class Members {
  readonly clock: VirtualClock
  readonly server: StrictServer
  readonly #options: CommonOptions

  constructor(options: Omit<CommonOptions, 'clock'> = {}, server = new StrictServer(), clock = new VirtualClock()) {
    this.clock = clock
    this.server = server
    this.#options = { clock, transport: server.transport, account: 'ann', ...options }
  }

  /** A session of the authorization code grant. */
  consented(options: CommonOptions & { readonly clientSecret?: () => Promise<string> } = {}): TokenManager {
    const { clientSecret = 'client-secret-value', ...common } = options
    return createTokenManager({
      ...this.#options,
      provider: strict,
      grant: 'authorization_code',
      credentials: { clientId: 'the-client', clientSecret, redirectUri: 'https://app.example/' },
      ...common,
    })
  }

  /** Logs in by a callback. */
  async exchange(tokens: TokenManager): Promise<void> {
    const { state } = await tokens.authorizationUrl()
    const callback = `https://app.example/?code=the-code-value&state=${state}`
    leakDetector().learn('the-code-value')
    await tokens.exchangeCallback(callback)
  }

  /** A session of the password grant, which can be repeated. */
  password(
    password = "ann's password",
    options: CommonOptions & { readonly clientSecret?: string } = {},
  ): TokenManager {
    const { clientSecret = 'client-secret-value', ...common } = options
    return createTokenManager({
      ...this.#options,
      provider: strict,
      grant: 'password',
      credentials: { clientId: 'the-client', clientSecret, username: 'ann', password },
      ...common,
    })
  }

  /** A session of the client credentials grant. */
  client(options: CommonOptions = {}): TokenManager {
    return createTokenManager({
      ...this.#options,
      provider: strict,
      grant: 'client_credentials',
      credentials: { clientId: 'the-client', clientSecret: 'client-secret-value' },
      ...options,
    })
  }
}

/** The members of a session in a store. */
export function membersOver(
  store: TokenStore | undefined,
  options: Omit<CommonOptions, 'clock' | 'store'> = {},
): Members {
  return new Members({ ...(store && { store }), ...options })
}

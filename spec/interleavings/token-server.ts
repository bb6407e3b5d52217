// A token endpoint whose responses are tasks of the scheduler, with seeded outcomes. It records the tokens it has issued, and reports a
// refresh token that is in two requests at once, and a token that must not be used.
import type { TokenTransport, WireResult } from '../../lib/token-endpoint/transport.ts'
import { answer, refusal } from '../support/fake-endpoint.ts'
import type { Scheduler } from './scheduler.ts'

/** Lifetime of its tokens, in seconds. */
export const LIFETIME = 100

interface PendingRequest {
  readonly account: string
  readonly refreshToken: string | undefined
  /** The manager was cleared after the request was sent: its token must not be used. */
  abandoned: boolean
}

interface Issued {
  readonly account: string
  readonly expiresAt: number
  readonly abandoned: boolean
}

type Outcome = 'token' | 'unavailable' | 'denied' | 'lost' | 'page'

export interface TokenServerOptions {
  readonly outcomes: readonly [Outcome, ...Outcome[]]
  /** Allows that a refresh token is sent twice, as by processes without a lock; the second request is denied. */
  readonly allowsReuse?: boolean
  /** Reports a request by password of an account whose refresh token is still valid: the manager has lost it. */
  readonly forbidsLoss?: boolean
}

export class TokenServer {
  readonly pending = new Set<PendingRequest>()
  readonly #issued = new Map<string, Issued>()
  /** The valid refresh token of each account. */
  readonly #refreshTokens = new Map<string, string>()
  readonly #scheduler: Scheduler
  readonly #options: TokenServerOptions
  /** Accounts whose abandoned renewals may still send a request. */
  readonly #cleared = new Set<string>()
  readonly #spent = new Set<string>()
  #count = 0

  constructor(scheduler: Scheduler, options: TokenServerOptions) {
    this.#scheduler = scheduler
    this.#options = options
  }

  readonly transport: TokenTransport = async (call) => {
    for (;;) {
      const { body } = await call.prepare()
      const request = this.#receive(new URLSearchParams(body))
      const aborted = new Promise<WireResult>((resolve) => {
        call.signal.addEventListener('abort', () => {
          this.pending.delete(request)
          resolve({ failure: 'lost' })
        })
      })
      const response = this.#scheduler.task('the token endpoint', () => this.#respond(request))
      const result = await Promise.race([aborted, response])
      if (!(await call.again(result))) return result
    }
  }

  /** All access tokens issued. */
  get accessTokens(): readonly string[] {
    return [...this.#issued.keys()]
  }

  /** Records an access token that was issued elsewhere. */
  addIssued(accessToken: string, account: string, expiresAt: number): void {
    this.#issued.set(accessToken, { account, expiresAt, abandoned: false })
  }

  /** Marks the pending requests of an account: their tokens must not be used. */
  abandon(account: string): void {
    for (const request of this.pending) if (request.account === account) request.abandoned = true
    this.#cleared.add(account)
  }

  /** Reports an access token that must not be used for the account at this moment. */
  checkUse(accessToken: string, account: string): void {
    const issued = this.#issued.get(accessToken)
    if (issued?.account !== account) this.#scheduler.violated('a token of another account was used')
    if (!issued || issued.expiresAt <= this.#scheduler.clock.now())
      this.#scheduler.violated('an expired token was used')
    if (issued?.abandoned === true) this.#scheduler.violated('a token was used that was requested before clear()')
  }

  #receive(params: URLSearchParams): PendingRequest {
    const refreshToken = params.get('refresh_token') ?? undefined
    const account = params.get('username') ?? refreshToken?.split('.')[1] ?? ''
    if (this.#options.allowsReuse !== true && refreshToken !== undefined) {
      if (this.#spent.has(refreshToken)) this.#scheduler.violated('a spent refresh token was sent')
      for (const other of this.pending)
        if (other.refreshToken === refreshToken) this.#scheduler.violated('a refresh token was in two requests at once')
    }
    if (
      this.#options.forbidsLoss === true &&
      refreshToken === undefined &&
      this.#refreshTokens.has(account) &&
      !this.#cleared.has(account)
    )
      this.#scheduler.violated(`the refresh token of ${account} was lost`)
    const request = { account, refreshToken, abandoned: false }
    this.pending.add(request)
    return request
  }

  #respond(request: PendingRequest): WireResult {
    const { account, refreshToken } = request
    if (!this.pending.delete(request)) return { failure: 'lost' }
    if (refreshToken !== undefined && this.#spent.has(refreshToken)) return refusal('invalid_grant')
    const outcome = this.#scheduler.outcome(this.#options.outcomes)
    if (outcome === 'lost') return { failure: 'lost' }
    if (outcome === 'unavailable') return answer(503, '')
    if (outcome === 'page') return answer(200, '<html>')
    if (refreshToken !== undefined) this.#spent.add(refreshToken)
    if (outcome === 'denied') {
      if (this.#refreshTokens.get(account) === refreshToken) this.#refreshTokens.delete(account)
      return refusal('invalid_grant')
    }
    return this.#issue(request)
  }

  #issue({ account, abandoned }: PendingRequest): WireResult {
    this.#count += 1
    const serial = `${account}.${String(this.#count)}`
    const expiresAt = this.#scheduler.clock.now() + LIFETIME * 1_000
    this.#issued.set(`AT.${serial}`, { account, expiresAt, abandoned })
    if (!abandoned) this.#refreshTokens.set(account, `RT.${serial}`)
    return answer(200, { access_token: `AT.${serial}`, refresh_token: `RT.${serial}`, expires_in: LIFETIME })
  }
}

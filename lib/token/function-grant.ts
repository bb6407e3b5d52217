// The application's `getToken` as a `TokenGrant`: a login and refresh of its own, or an SDK that gives tokens.
import { OAuthError, type TokenError, TokenRequestError, TokenResponseError } from '../errors.ts'
import type { ResourceServer } from '../definitions/resource-server.ts'
import { raceAbort } from '../util/abort.ts'
import type { Clock } from '../util/clock.ts'
import { defined, isObject } from '../util/objects.ts'
import { WAITS_FOR_ITSELF } from './errors.ts'
import { ownLifetime, readAnswer, type TokenAnswer } from './token-answer.ts'
import type { Failure, GrantCall, GrantResult, Nobody, RenewalInput, TokenGrant } from './token-grant.ts'

/** The argument of {@link GetToken}. */
export interface GetTokenRequest {
  /** The refresh token of the session, if it has one. */
  readonly refreshToken?: string
  /** The access token that a resource server has rejected: give another one. */
  readonly rejected?: string
  /** The option `scope` of the manager, space-separated. */
  readonly scope?: string
  /** The account of the manager, where it has one. */
  readonly account?: string
  /** Aborts at the deadline of the renewal. */
  readonly signal: AbortSignal
}

/**
 * Gives a token; called once for all callers that wait. `undefined` or `null` means that nobody is logged in. A rejection with status 401,
 * or with `invalid_grant` in its body, ends the session; 400 and 403 do at the third in a row; after any other it is called again later.
 */
export type GetToken = (
  request: GetTokenRequest,
) => string | TokenAnswer | null | undefined | Promise<string | TokenAnswer | null | undefined>

export interface FunctionGrantOptions {
  readonly getToken: GetToken
  readonly isSessionOver: ((error: unknown) => boolean) | undefined
  readonly name: string
  readonly account: string | undefined
  readonly scope: string | undefined
  readonly resourceServer: ResourceServer
  readonly clock: Clock
}

export class FunctionGrant implements TokenGrant {
  readonly name = 'getToken'
  readonly repeatable = true
  readonly unattended = true
  readonly refreshIsFinal = true
  readonly personal = true
  readonly howToBegin = 'call adopt() with the answer of a login, or retryNow() once getToken can give a token'
  readonly again =
    'getToken gave the token that an API had rejected: where it is told `rejected`, it must not use a cache'
  readonly #options: FunctionGrantOptions
  #isCalling = false
  #calledItself = false
  /** A token whose lifetime its answer did not say, and when it was first seen. */
  #seen: { readonly accessToken: string; readonly at: number } | undefined

  constructor(options: FunctionGrantOptions) {
    this.#options = options
  }

  get provider(): string {
    return this.#options.name
  }

  get identity(): string {
    const { name, account = '' } = this.#options
    return JSON.stringify(['getToken', name, account])
  }

  get slot(): string {
    return this.#options.scope ?? ''
  }

  get resourceServer(): ResourceServer {
    return this.#options.resourceServer
  }

  proof(): undefined {
    return undefined
  }

  /** A caller who waits for the token in the tick of `getToken` would wait for itself. */
  refusesToWait(): boolean {
    this.#calledItself ||= this.#isCalling
    return this.#isCalling
  }

  canRefresh({ isBegun }: RenewalInput): boolean {
    return isBegun
  }

  refresh({ refreshToken, rejected }: RenewalInput, call: GrantCall): Promise<GrantResult | Nobody> {
    return this.#call({ refreshToken, rejected }, call)
  }

  obtain(call: GrantCall): Promise<GrantResult | Nobody> {
    return this.#call({}, call)
  }

  async #call(input: Partial<RenewalInput>, call: GrantCall): Promise<GrantResult | Nobody> {
    const { getToken, account, scope, clock } = this.#options
    const { refreshToken, rejected } = input
    const { signal } = call
    const sentAt = clock.now()
    const request = { ...defined({ refreshToken, rejected, scope, account }), signal }
    let answer: unknown
    try {
      answer = await raceAbort(this.#inTick(getToken, request), signal)
    } catch (error) {
      const failure = signal.aborted ? this.#late() : await this.#failureOf(error, refreshToken)
      return this.#failed(failure, sentAt, call)
    }
    if (answer === undefined || answer === null) return { kind: 'nobody' }
    const read = readAnswer(answer, clock.now())
    if (typeof read === 'string') return this.#failed(this.#unusable(read), sentAt, call)
    if (read.accessToken === undefined) return this.#failed(this.#unusable('it has no accessToken'), sentAt, call)
    const { accessToken, scope: granted, lifetime = await this.#lifetimeOf(accessToken, sentAt) } = read
    const { refreshToken: next, kept } = read
    const issued = defined({ expiresIn: lifetime, refreshToken: next, scope: granted, kept })
    return { kind: 'token', issued: { accessToken, scheme: 'Bearer', ...issued }, sentAt }
  }

  #failed(failure: Failure, sentAt: number, { onAttemptFailed }: GrantCall): GrantResult {
    onAttemptFailed?.({ grant: this.name, error: failure.error, isLost: false, retryIn: undefined })
    return { kind: 'failure', failure, sentAt }
  }

  async #inTick(getToken: GetToken, request: GetTokenRequest): Promise<unknown> {
    this.#calledItself = false
    this.#isCalling = true
    let answer: unknown
    try {
      answer = getToken(request)
    } finally {
      this.#isCalling = false
    }
    return await answer
  }

  /** The rest of a JWT's own lifetime: an SDK may give the same token again. */
  async #lifetimeOf(accessToken: string, now: number): Promise<number | undefined> {
    if (this.#seen?.accessToken !== accessToken) this.#seen = { accessToken, at: now }
    const lifetime = await ownLifetime(accessToken)
    return lifetime === undefined ? undefined : Math.max(0, this.#seen.at + lifetime - now)
  }

  #unusable(why: string): Failure {
    const error = new TokenResponseError(this.provider, `getToken gave no token: ${why}`, {
      reason: 'no_token',
      status: 0,
    })
    return { kind: 'transient', error, retry: false }
  }

  #late(): Failure {
    const error = new TokenRequestError(
      this.provider,
      'getToken gave no token before the deadline (timing.flightDeadline)',
      {
        reason: 'timeout',
      },
    )
    return { kind: 'transient', error, retry: false }
  }

  /** The failure that a rejection of `getToken` means. The rejection itself may contain the refresh token: nothing of it is kept. */
  async #failureOf(error: unknown, refreshToken: string | undefined): Promise<Failure> {
    if (this.#calledItself) {
      return { kind: 'configuration', error: this.#requestError(WAITS_FOR_ITSELF, undefined), retry: false }
    }
    const { isSessionOver } = this.#options
    const status = statusOf(error)
    const isInvalidGrant = await saysInvalidGrant(error)
    const how = suffix(error, status)
    const isEnded = isSessionOver
      ? callSafely(isSessionOver, error)
      : status === 401 || isInvalidGrant || isReauthentication(error)
    if (isEnded) {
      const refusal: TokenError = new OAuthError(this.provider, `getToken was refused${how}`, {
        error: 'invalid_grant',
        status: status ?? 0,
      })
      const nobody =
        refreshToken === undefined
          ? ': it was given no refresh token; requests of a login go without a token (publicPaths)'
          : ''
      return { kind: 'denied', error: refusal, retry: false, refused: true, why: `getToken was refused${how}${nobody}` }
    }
    const ambiguous = !isSessionOver && (status === 400 || status === 403)
    return {
      kind: 'transient',
      error: this.#requestError(`getToken was rejected${how}`, status),
      retry: false,
      ...(ambiguous && { refused: true, ambiguous }),
    }
  }

  #requestError(message: string, status: number | undefined): TokenRequestError {
    return new TokenRequestError(this.provider, message, { reason: 'function', status })
  }
}

/** A code of Node, axios or an SDK, e.g. `ECONNREFUSED`, `auth/user-token-expired`. Secrets are not words of one case. */
const PLAIN_CODE = /^(?:[A-Z_]{3,40}|[a-z_/-]{3,40})$/

function suffix(error: unknown, status: number | undefined): string {
  const { code, error: oauthCode, cause } = isObject(error) ? error : {}
  const codes = [isObject(cause) && cause['code'], code, oauthCode]
  const plain = codes.find((each) => typeof each === 'string' && PLAIN_CODE.test(each)) as string | undefined
  return `${status === undefined ? '' : ` with status ${String(status)}`}${plain === undefined ? '' : ` (${plain})`}`
}

/** The HTTP status of an error of axios, of an SDK, or of a thrown `Response`. */
function statusOf(error: unknown): number | undefined {
  if (!isObject(error)) return undefined
  const { response, status } = error
  const found = isObject(response) && typeof response['status'] === 'number' ? response['status'] : status
  return typeof found === 'number' ? found : undefined
}

/** Whether the body that the error has says `invalid_grant`. */
async function saysInvalidGrant(error: unknown): Promise<boolean> {
  if (!isObject(error)) return false
  const { response, data, body } = error
  const bodies: unknown[] = [error, data, body]
  if (isObject(response)) bodies.push(response['data'], await jsonOf(response))
  else bodies.push(await jsonOf(error))
  return bodies.some((each) => isObject(each) && each['error'] === 'invalid_grant')
}

/** The body of a `Response` that has not been read. */
async function jsonOf(response: object): Promise<unknown> {
  const { clone, bodyUsed } = response as Partial<Response>
  if (typeof clone !== 'function' || bodyUsed === true) return undefined
  try {
    return await clone.call(response as Response).json()
  } catch {
    return undefined
  }
}

function isReauthentication(error: unknown): boolean {
  return isObject(error) && error['code'] === 'ERR_REAUTHENTICATION_REQUIRED'
}

function callSafely(predicate: (error: unknown) => boolean, error: unknown): boolean {
  try {
    return predicate(error)
  } catch {
    return false
  }
}

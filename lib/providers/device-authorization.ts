// The device authorization grant (RFC 8628): a code that a person enters elsewhere, and one poll for all who wait.
import { firstText } from '../definitions/json-path.ts'
import { invalidOption, OAuthError, type TokenError, TokenResponseError } from '../errors.ts'
import type { TokenManager } from '../token/token-manager.ts'
import { cleared } from '../token/errors.ts'
import { type GrantCall, type GrantResult, type Login, LOGIN } from '../token/token-grant.ts'
import type { Token } from '../token/token.ts'
import { sleep } from '../util/abort.ts'
import { checkAll, object } from '../util/check-options.ts'
import { defined } from '../util/objects.ts'

/** The code and address to show a person, and the wait for their consent. */
export interface DeviceAuthorization {
  /** The code to enter at {@link verificationUri}. */
  readonly userCode: string
  /** The page where the person enters the code. */
  readonly verificationUri: string
  /** The page with the code in its URL, for a link or a QR code. */
  readonly verificationUriComplete?: string
  /** Epoch milliseconds at which the code expires. */
  readonly expiresAt: number
  /**
   * Polls the token endpoint until the person has decided, and begins the session; all calls share one poll. Callers that ask the manager
   * for a first token meanwhile wait for it.
   * @throws `OAuthError` (`access_denied`, or `expired_token` where the code has expired)
   * @see RFC 8628, sections 3.4 and 3.5
   */
  token(): Promise<Token>
}

interface DeviceAuthorizationOptions {
  /** Ends the polling. */
  readonly signal?: AbortSignal
}

/**
 * Requests a device code, with a manager of the grant `device_code`.
 * @throws `TypeError` for another manager or an invalid option, and where the provider has no device authorization endpoint
 * @throws `TokenError` where the endpoint gives no code
 * @see RFC 8628, sections 3.1 and 3.2
 */
export async function deviceAuthorization(
  tokens: TokenManager,
  options: DeviceAuthorizationOptions = {},
): Promise<DeviceAuthorization> {
  checkAll(options, { signal: object })
  const { signal } = options
  const login = (tokens as { readonly [LOGIN]?: Login } | undefined)?.[LOGIN]
  if (login?.grant.name !== GRANT) throw invalidOption('tokens', `a manager of the grant ${GRANT}`, tokens)
  const { grant, clock, within } = login
  grant.requireEndpoint('deviceAuthorization')
  const body = await within((call) => grant.callEndpoint('deviceAuthorization', {}, call.signal))
  const deviceCode = firstText(body, 'device_code')
  const userCode = firstText(body, 'user_code')
  // Google's name is that of a draft.
  const verificationUri = firstText(body, ['verification_uri', 'verification_url'])
  const lifetime = secondsIn(body, 'expires_in')
  if (deviceCode === undefined || userCode === undefined || verificationUri === undefined || lifetime === undefined) {
    const message =
      'the device authorization endpoint gave no usable code (device_code, user_code, verification_uri, expires_in)'
    throw new TokenResponseError(grant.provider, message, { reason: 'unreadable', status: 200 })
  }
  const until = clock.monotonic() + lifetime
  const interval = secondsIn(body, 'interval') ?? DEFAULT_INTERVAL
  let polling: Promise<Token> | undefined
  return {
    userCode,
    verificationUri,
    ...defined({ verificationUriComplete: firstText(body, 'verification_uri_complete') }),
    expiresAt: clock.now() + lifetime,
    token: () => (polling ??= login.begin((isOver) => poll(login, { deviceCode, until, interval, signal, isOver }))),
  }
}

const GRANT = 'device_code'
const DEFAULT_INTERVAL = 5_000
const SLOW_DOWN = 5_000
const LONGEST_INTERVAL = 60_000

/** Milliseconds. */
function secondsIn(body: unknown, name: string): number | undefined {
  const seconds = Number(firstText(body, name))
  return seconds > 0 ? seconds * 1_000 : undefined
}

interface Poll {
  readonly deviceCode: string
  /** When the code expires, on the monotonic clock. */
  readonly until: number
  /** Milliseconds. */
  readonly interval: number
  readonly signal: AbortSignal | undefined
  readonly isOver: () => boolean
}

/** @see RFC 8628, sections 3.4 and 3.5 */
async function poll(
  { grant, clock, within }: Login,
  { deviceCode, until, signal, ...code }: Poll,
): Promise<GrantResult> {
  let { interval } = code
  let pause = interval
  for (;;) {
    await sleep(Math.min(pause, Math.max(0, until - clock.monotonic())), clock, signal, true)
    if (code.isOver()) throw cleared(grant.provider)
    if (clock.monotonic() >= until)
      throw new OAuthError(grant.provider, 'the device code has expired', { error: 'expired_token', status: 0 })
    const result = await within((call) => grant.request(GRANT, { deviceCode }, quiet(call)))
    if (result.kind !== 'failure') return result
    const { error, kind, retryAfter = 0 } = result.failure
    if (codeOf(error) === 'slow_down') interval += SLOW_DOWN
    else if (!isPending(error)) {
      if (kind !== 'transient') return result
      interval = Math.max(interval, Math.min(2 * interval, LONGEST_INTERVAL))
    }
    pause = Math.max(interval, retryAfter)
  }
}

/** One attempt, whose failure is told unless it only says that the person has not decided. */
function quiet(call: GrantCall): GrantCall {
  const onAttemptFailed: GrantCall['onAttemptFailed'] = (attempt) => {
    if (!isPending(attempt.error)) call.onAttemptFailed?.(attempt)
  }
  return { ...call, attempts: 1, onAttemptFailed }
}

function isPending(error: TokenError): boolean {
  return ['authorization_pending', 'slow_down'].includes(codeOf(error) ?? '')
}

function codeOf(error: TokenError): string | undefined {
  return error instanceof OAuthError ? error.error : undefined
}

// Errors of the library. None contains a body, a header or a secret: messages are built from the provider's id, the grant's name,
// statuses and the server's error code.

/** The literal `code` of every {@link TokenError}. */
export type TokenErrorCode =
  'ERR_PROMPT_REQUIRED' | 'ERR_TOKEN_REQUEST' | 'ERR_TOKEN_RESPONSE' | 'ERR_OAUTH' | 'ERR_REAUTHENTICATION_REQUIRED'

interface TokenErrorOptions {
  /** Another error of this library, never one of an HTTP client: those carry the request. */
  readonly cause?: TokenError
  /** Epoch milliseconds before which the token endpoint is not asked again. */
  readonly retryAt?: number
}

/** The base of every failure to get a token; branch on {@link TokenError.code}. */
export abstract class TokenError extends Error {
  abstract readonly code: TokenErrorCode
  /** The id of the provider that was asked. */
  readonly provider: string
  /** Epoch milliseconds before which the token endpoint is not asked again. */
  declare readonly retryAt?: number

  constructor(provider: string, message: string, { cause, retryAt }: TokenErrorOptions = {}) {
    super(`${provider}: ${message}`, cause && { cause })
    this.provider = provider
    if (retryAt !== undefined) this.retryAt = retryAt
    // One failure is told to all who waited, and axios appends each caller's frames to `stack`: it would grow with every one.
    Object.defineProperty(this, 'stack', { value: this.stack, writable: false })
  }

  /** The fields and the message, without the stack: safe to log. */
  toJSON(): Record<string, unknown> {
    const { message } = this
    return { message, ...(this as object) }
  }
}

/** Why no answer could be had from the token endpoint; `function`: `getToken` was rejected. */
export type TokenRequestReason =
  | 'unreachable'
  | 'timeout'
  | 'unavailable'
  | 'blocked'
  | 'redirect'
  | 'store'
  | 'credentials'
  | 'overload'
  | 'cleared'
  | 'function'

interface TokenRequestErrorOptions extends TokenErrorOptions {
  readonly reason: TokenRequestReason
  readonly status?: number | undefined
  readonly networkCode?: string | undefined
}

/** No answer could be had: unreachable, timed out, 5xx, somebody else's 403; trying again later may help. */
export class TokenRequestError extends TokenError {
  override readonly name = 'TokenRequestError'
  readonly code = 'ERR_TOKEN_REQUEST'
  readonly reason: TokenRequestReason
  declare readonly status?: number
  /**
   * The code of the connection failure as Node, undici, Bun or OpenSSL have it, e.g. `ENOTFOUND`, `ECONNREFUSED`, `CERT_HAS_EXPIRED`.
   * Absent where there was none, as in browsers, and for an error of a `fetch` or an adapter of the application's own.
   */
  declare readonly networkCode?: string

  constructor(provider: string, message: string, options: TokenRequestErrorOptions) {
    super(provider, message, options)
    this.reason = options.reason
    if (options.status !== undefined) this.status = options.status
    if (options.networkCode !== undefined) this.networkCode = options.networkCode
  }
}

/**
 * The defect of an answer that should have been a token. Of a callback: `state`, `redirect_uri`, `issuer` and `no_code` are not of the
 * request; the request of `unknown_request` is no longer known. Of a discovery: `issuer` and `metadata`.
 */
export type TokenResponseReason =
  | 'unreadable'
  | 'too_large'
  | 'not_ok'
  | 'no_token'
  | 'bad_token'
  | 'token_type'
  | 'same_token'
  | 'state'
  | 'unknown_request'
  | 'redirect_uri'
  | 'issuer'
  | 'no_code'
  | 'metadata'

interface TokenResponseErrorOptions extends TokenErrorOptions {
  readonly reason: TokenResponseReason
  readonly status: number
}

/**
 * The token endpoint answered, but not with a token and not with an error.
 * @see RFC 6749, section 5.1
 */
export class TokenResponseError extends TokenError {
  override readonly name = 'TokenResponseError'
  readonly code = 'ERR_TOKEN_RESPONSE'
  readonly reason: TokenResponseReason
  readonly status: number

  constructor(provider: string, message: string, options: TokenResponseErrorOptions) {
    super(provider, message, options)
    this.reason = options.reason
    this.status = options.status
  }
}

interface OAuthErrorOptions extends TokenErrorOptions {
  readonly error: string
  readonly errorDescription?: string | undefined
  readonly errorUri?: string | undefined
  readonly status: number
}

/**
 * The authorization server refused, with an error code of its own.
 * @see RFC 6749, section 5.2
 */
export class OAuthError extends TokenError {
  override readonly name = 'OAuthError'
  readonly code = 'ERR_OAUTH'
  /** The server's code, e.g. `invalid_client`, as it was sent. */
  readonly error: string
  declare readonly errorDescription?: string
  declare readonly errorUri?: string
  readonly status: number

  constructor(provider: string, message: string, options: OAuthErrorOptions) {
    super(provider, message, options)
    this.error = options.error
    if (options.errorDescription !== undefined) this.errorDescription = options.errorDescription
    if (options.errorUri !== undefined) this.errorUri = options.errorUri
    this.status = options.status
  }
}

/** Nothing that can be done unattended is left: a person, or a new grant given to `adopt()`, must help. */
export class ReauthenticationRequiredError extends TokenError {
  override readonly name = 'ReauthenticationRequiredError'
  readonly code = 'ERR_REAUTHENTICATION_REQUIRED'
}

/** The server asks something in place of giving a token, a second factor say, and no `onPrompt` was given. */
export class PromptRequiredError extends TokenError {
  override readonly name = 'PromptRequiredError'
  readonly code = 'ERR_PROMPT_REQUIRED'
  readonly #answer: (answer: Readonly<Record<string, string>>) => Promise<void>

  constructor(provider: string, message: string, answer: (answer: Readonly<Record<string, string>>) => Promise<void>) {
    super(provider, message)
    this.#answer = answer
  }

  /** Answers the question and, when the server accepts, lets the manager go on with the token it gave. */
  answer(answer: Readonly<Record<string, string>>): Promise<void> {
    return this.#answer(answer)
  }
}

/** Says on a failure when the token endpoint is asked again. */
export function withRetryAt<E extends TokenError>(error: E, retryAt: number): E {
  ;(error as { retryAt?: number }).retryAt = retryAt
  return error
}

/** Every error of the library: a `switch` over `code` tells them apart. */
export type AnyTokenError =
  TokenRequestError | TokenResponseError | OAuthError | ReauthenticationRequiredError | PromptRequiredError

/** Tells a {@link TokenError} of any copy of this library by its `code`. */
export function isTokenError(error: unknown): error is AnyTokenError {
  return error instanceof Error && 'code' in error && 'provider' in error && CODES.has(error.code)
}

const CODES: ReadonlySet<unknown> = new Set<TokenErrorCode>([
  'ERR_PROMPT_REQUIRED',
  'ERR_TOKEN_REQUEST',
  'ERR_TOKEN_RESPONSE',
  'ERR_OAUTH',
  'ERR_REAUTHENTICATION_REQUIRED',
])

/** A wrong option: names it, says what was expected and what came: of what may be a secret, no more than what it is. */
export function invalidOption(
  option: string,
  expected: string,
  got: unknown,
  shown = describe(got, /^credentials|(?:token|key|secret)$/i.test(option)),
): TypeError {
  return Object.assign(new TypeError(`tokenflight: ${option}: expected ${expected}, got ${shown}`), {
    code: 'ERR_INVALID_ARG',
  })
}

/** A value that is none of a few words: shows it, if it is short. */
export function invalidWord(option: string, words: readonly string[], got: unknown): TypeError {
  const shown = typeof got === 'string' && got !== '' && got.length <= 64 ? JSON.stringify(got) : undefined
  return invalidOption(option, oneOf(words, got), got, shown)
}

/** The words of a message for a value that must be one of these, with the nearest of them. */
export function oneOf(words: readonly string[], got: unknown): string {
  const near = nearest(words, String(got))
  return `one of ${words.join(', ')}${near === undefined ? '' : ` (perhaps ${near})`}`
}

/** The words of a message for a name that there is not, with the nearest that there is. */
export function noneOf(kind: string, words: readonly string[], name: string): string {
  const near = nearest(words, name)
  return `no ${kind} of this name (there are ${words.join(', ')}${near === undefined ? '' : `; perhaps ${near}`})`
}

function nearest(words: readonly string[], got: string): string | undefined {
  const word = plain(got)
  return [
    (each: string) => each === word,
    (each: string) => differs(each, word) <= Math.min(2, word.length / 2),
    (each: string) => Math.min(each.length, word.length) > 3 && (each.includes(word) || word.includes(each)),
  ]
    .map((isNear) => words.find((each) => isNear(plain(each))))
    .find(Boolean)
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[_-]/g, '')
}

/** How many characters there are between the beginning and the end that two words share. */
function differs(a: string, b: string): number {
  const longest = Math.max(a.length, b.length)
  let start = 0
  let end = 0
  while (start < longest && a[start] === b[start]) start += 1
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1
  return longest - start - end
}

/** A URL without what may be a secret: user, query and fragment. */
function shownUrl(url: string): string {
  return JSON.stringify(url.replace(/[?#].*$/s, '').replace(/\/\/[^/]*@/, '//'))
}

function describe(value: unknown, secret: boolean): string {
  const kind = typeof value
  if (value == null || kind === 'boolean' || (kind === 'number' && !secret)) return String(value)
  if (value === '') return 'an empty string'
  if (typeof value === 'string' && !secret && /^(?:https?:\/)?\//i.test(value)) return shownUrl(value)
  return Array.isArray(value) ? 'an array' : `${kind === 'object' ? 'an' : 'a'} ${kind}`
}

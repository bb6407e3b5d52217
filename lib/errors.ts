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

/** The base of every failure to get a token: its class or its {@link TokenError.code} tells which. Contains no secret, header or body. */
export abstract class TokenError extends Error {
  /** The same for all errors of a class: `isTokenError()` and a `switch` narrow by it. */
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
    const { name, message } = this
    return { name, message, ...(this as object) }
  }
}

/**
 * Why the token endpoint gave no answer.
 *
 * - `unreachable`: no connection, or the answer was lost.
 * - `timeout`: no token within the caller's `timeout`, or within the deadline of the renewal.
 * - `unavailable`: a status that asks to come later (408, 425, 429, 5xx) without an error code, or a pause that another member found.
 * - `blocked`: any other refusal without an error code, as proxies and firewalls send.
 * - `redirect`: a redirect, which is never followed.
 * - `store`: the token store failed, so the refresh token was not spent.
 * - `credentials`: a credential could not be read, or cannot be sent.
 * - `overload`: more callers than `maxWaiters` wait.
 * - `cleared`: `clear()` or `revoke()` was called meanwhile.
 * - `function`: `getToken` was rejected.
 */
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

/** The token endpoint gave no answer, for a {@link TokenRequestReason}; a later attempt may succeed. */
export class TokenRequestError extends TokenError {
  /** The name of the class. */
  override get name(): 'TokenRequestError' {
    return 'TokenRequestError'
  }

  readonly code = 'ERR_TOKEN_REQUEST'
  readonly reason: TokenRequestReason
  /** The HTTP status, where there was a response. */
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
 * request; the request of `unknown_request` is no longer known. `kept`: a field that the definition keeps is missing, or has a value that it
 * does not allow. Of a discovery: `issuer` and `metadata`.
 */
export type TokenResponseReason =
  | 'unreadable'
  | 'too_large'
  | 'not_ok'
  | 'no_token'
  | 'bad_token'
  | 'token_type'
  | 'same_token'
  | 'kept'
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
 * The token endpoint, or the callback of an authorization request, gave neither a token nor an error.
 * @see RFC 6749, section 5.1
 */
export class TokenResponseError extends TokenError {
  /** The name of the class. */
  override get name(): 'TokenResponseError' {
    return 'TokenResponseError'
  }

  readonly code = 'ERR_TOKEN_RESPONSE'
  readonly reason: TokenResponseReason
  /** The HTTP status; 0 for a callback. */
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
 * The authorization server refused the request with an error code.
 * @see RFC 6749, section 5.2
 */
export class OAuthError extends TokenError {
  /** The name of the class. */
  override get name(): 'OAuthError' {
    return 'OAuthError'
  }

  readonly code = 'ERR_OAUTH'
  /** The server's code, e.g. `invalid_client`, as it was sent. */
  readonly error: string
  /** The server's explanation, without the secrets of the request. */
  declare readonly errorDescription?: string
  /** A page that explains the error. */
  declare readonly errorUri?: string
  /** The HTTP status; 0 where no response carried the error. */
  readonly status: number

  constructor(provider: string, message: string, options: OAuthErrorOptions) {
    super(provider, message, options)
    this.error = options.error
    if (options.errorDescription !== undefined) this.errorDescription = options.errorDescription
    if (options.errorUri !== undefined) this.errorUri = options.errorUri
    this.status = options.status
  }
}

/** The session needs a person: a new login, given to `adopt()` or `exchangeCallback()`. `cause`: the server's refusal, where there was one. */
export class ReauthenticationRequiredError extends TokenError {
  /** The name of the class. */
  override get name(): 'ReauthenticationRequiredError' {
    return 'ReauthenticationRequiredError'
  }

  readonly code = 'ERR_REAUTHENTICATION_REQUIRED'
}

/** The authorization server asks for more input, e.g. a second factor, and the manager has no `onPrompt`. */
export class PromptRequiredError extends TokenError {
  /** The name of the class. */
  override get name(): 'PromptRequiredError' {
    return 'PromptRequiredError'
  }

  readonly code = 'ERR_PROMPT_REQUIRED'
  readonly #answer: (answer: Readonly<Record<string, string>>) => Promise<void>

  constructor(provider: string, message: string, answer: (answer: Readonly<Record<string, string>>) => Promise<void>) {
    super(provider, message)
    this.#answer = answer
  }

  /** Sends the missing credentials, e.g. `{ passcode }`, and begins the session with the token. @throws the {@link TokenError} of a refusal */
  answer(answer: Readonly<Record<string, string>>): Promise<void> {
    return this.#answer(answer)
  }
}

/** Sets the time before which the token endpoint is not asked again. */
export function withRetryAt<E extends TokenError>(error: E, retryAt: number): E {
  ;(error as { retryAt?: number }).retryAt = retryAt
  return error
}

/** Every {@link TokenError}, as a union for a `switch` over `code`. */
export type AnyTokenError =
  TokenRequestError | TokenResponseError | OAuthError | ReauthenticationRequiredError | PromptRequiredError

/** Whether a value is a {@link TokenError}, of this or another copy of the library. */
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
  shown = describe(got, /^(?:credentials|headers)|(?:token|key|secret)$/i.test(option)),
): TypeError {
  return Object.assign(new TypeError(`tokenflight: ${option}: expected ${expected}, got ${shown}`), {
    code: 'ERR_INVALID_ARG',
  })
}

/** A value that is none of a few words: shows it, if it reads like one. */
export function invalidWord(option: string, words: readonly string[], got: unknown): TypeError {
  return invalidOption(option, oneOf(words, got), got, typeof got === 'string' && isWord(got) ? `"${got}"` : undefined)
}

/** The words of a message for a value that must be one of these, with the nearest of them. */
export function oneOf(words: readonly string[], got: unknown): string {
  const near = nearest(words, String(got))
  return `one of ${words.join(', ')}${near === undefined ? '' : ` (perhaps ${near})`}`
}

/** The words of a message for a name that there is not, with the nearest that there is and those that are missing. */
export function noneOf(kind: string, words: readonly string[], name: string, missing: readonly string[] = []): string {
  const near = nearest(words, name)
  const hints = [near && `; perhaps ${near}`, missing.length > 0 && `; missing: ${missing.join(', ')}`].filter(Boolean)
  return `no ${kind} of this name (there are ${words.join(', ')}${hints.join('')})`
}

/** A field that there is not, named if it reads like a name. `at`: the place of the fields, which ends with a dot. */
export function unknownName(
  at: string,
  kind: string,
  names: readonly string[],
  [name, value]: readonly [name: string, value: unknown],
  missing?: readonly string[],
): TypeError {
  return invalidOption(isWord(name) ? at + name : at.slice(0, -1) || kind, noneOf(kind, names, name, missing), value)
}

/** Whether text reads like a word or a name. What does not may be a secret in the wrong place. */
function isWord(text: string): boolean {
  return text.length <= 40 && /^(?:[A-Z]{0,4}[a-z]+(?:[A-Z]{1,4}[a-z]*|[_-][a-z]+){0,5}\d?|[A-Z_-]+)$/.test(text)
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

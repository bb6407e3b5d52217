// Decides whether a response rejects the token of its request (RFC 6750, section 3).
import type { Placement } from '../definitions/definition.ts'
import { DEFAULT_PLACEMENT } from '../definitions/resource-server.ts'
import type { TokenError } from '../errors.ts'
import type { SkipReason } from '../token/events.ts'
import type { Token } from '../token/token.ts'

/** Reads the responses of one HTTP client. */
export interface ResponseReader<HttpResponse> {
  /** The value of WWW-Authenticate. */
  challenges(response: HttpResponse): string | null
  /** Whether the response rejects the token; undefined if status 401 decides. */
  readonly isAuthFailure: ((response: HttpResponse) => boolean | Promise<boolean>) | undefined
  /** Whether a rule of the provider is about a status below 400. */
  readonly hasRuleForSuccess: boolean
  /** Whether the response rejects the token by a rule of the provider, beyond status and challenges. */
  isRejectedBody(response: HttpResponse): Promise<boolean>
  /** The response in the error that the client rejected with; absent where it rejects without one, and its calls have no `received`. */
  responseIn?(error: unknown): HttpResponse | undefined
  /** Whether the response came from another origin, after redirects. */
  redirectedElsewhere(response: HttpResponse, origin: string): boolean
  /** Reads the rest of a rejected response, which frees its socket during the renewal. */
  drain(response: HttpResponse): void
  /** Discards a rejected response. */
  discard(response: HttpResponse): void
  /** Attaches the reason for the failed renewal to a rejected response that is returned. */
  attachCause(response: HttpResponse, error: unknown, cause: TokenError): void
}

/** One sending of a request, and its outcome. */
export interface Attempt<HttpResponse> {
  readonly token: Token
  readonly response: HttpResponse
  readonly status: number
  /** The error that the client rejected with, if it did. */
  readonly error?: unknown
}

/** `not-rejected`: the token was not rejected. A reason: it was, but a new token would not help. Undefined: a new token may help. */
export type Rejection = SkipReason | 'not-rejected' | undefined

export class ResponseClassifier<HttpResponse> {
  readonly #reader: ResponseReader<HttpResponse>
  readonly #scheme: string

  constructor(reader: ResponseReader<HttpResponse>, placement: Placement | undefined) {
    this.#reader = reader
    this.#scheme = schemeOf(placement)
  }

  /** `origin`: of the request. */
  async classify(attempt: Attempt<HttpResponse>, origin: string): Promise<Rejection> {
    const { response } = attempt
    const reader = this.#reader
    // Of an opaque response (`no-cors`, `redirect: 'manual'`) nothing can be read.
    if (attempt.status === 0) return 'not-rejected'
    if (reader.isAuthFailure) {
      if (!(await reader.isAuthFailure(response))) return 'not-rejected'
      return reader.redirectedElsewhere(response, origin) ? 'other_origin' : undefined
    }
    const kind = await this.#classifyStatus(attempt)
    if (kind === 'not-rejected' || !reader.redirectedElsewhere(response, origin))
      return kind === 'renew' ? undefined : kind
    return 'other_origin'
  }

  async #classifyStatus({ response, status }: Attempt<HttpResponse>): Promise<ChallengeKind> {
    const kind =
      status < 400 ? 'not-rejected' : classifyChallenge(status, this.#reader.challenges(response), this.#scheme)
    return kind !== 'renew' && (await this.#reader.isRejectedBody(response)) ? 'renew' : kind
  }
}

/** The scheme of the token in a challenge, in lower case. */
function schemeOf(placement: Placement = DEFAULT_PLACEMENT): string {
  if ('basic' in placement) return 'basic'
  const [scheme = '', rest] = ('header' in placement ? placement.value : '').split(' ')
  return rest === undefined ? 'bearer' : scheme.replace('{type}', 'bearer').toLowerCase()
}

// The parser of WWW-Authenticate (RFC 9110, section 11.6.1): one pass, linear time.

/** One challenge of a WWW-Authenticate header; names in lower case. */
interface Challenge {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

const MAX_CHALLENGE_LENGTH = 16_384

/**
 * Parses the challenges of a WWW-Authenticate header, or of several joined by commas. Malformed parts are skipped; text beyond 16 KiB is
 * ignored.
 * @see RFC 9110, section 11.6.1
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const text = header.slice(0, MAX_CHALLENGE_LENGTH)
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  let at = 0
  // A lone word right after a scheme is a token68, not a scheme.
  let afterScheme = false

  const take = (characters: string, included: boolean): string => {
    const from = at
    while (at < text.length && characters.includes(text.charAt(at)) === included) at += 1
    return text.slice(from, at)
  }
  const word = (): string => take(' \t,="', false)
  const quoted = (): string => {
    let value = ''
    for (at += 1; at < text.length && text.charAt(at) !== '"'; at += 1) {
      if (text.charAt(at) === '\\') at += 1
      value += text.charAt(at)
    }
    at += 1
    return value
  }

  while (at < text.length) {
    if (take(' \t,', true).includes(',')) afterScheme = false
    const name = word().toLowerCase()
    take(' \t', true)
    if (text.charAt(at) === '=') {
      // A parameter of the current challenge, or the padding of a token68.
      take('= \t', true)
      const value = text.charAt(at) === '"' ? quoted() : word()
      const parameters = challenges.at(-1)?.parameters
      if (parameters && !parameters.has(name)) parameters.set(name, value)
      afterScheme = false
    } else if (text.charAt(at) === '"' && name === '') {
      quoted()
    } else if (name !== '') {
      if (!afterScheme) challenges.push({ scheme: name, parameters: new Map() })
      afterScheme = !afterScheme
    }
  }
  return challenges
}

/** `renew`: a new token may help. `not-rejected`: the token was not rejected. Else the reason why a new token would not help. */
export type ChallengeKind = 'renew' | 'not-rejected' | SkipReason

/** Error codes that a token of the same kind cannot satisfy. */
const NOT_RENEWABLE = ['insufficient_scope', 'insufficient_user_authentication'] as const

/**
 * Classifies a status of 400 or above and its challenges. A 401 rejects the token, and `invalid_token` does at any status. Challenges
 * of other schemes only, and errors of scope or of user authentication, do not ask for a new token. `scheme` is in lower case.
 * @see RFC 6750, section 3.1; RFC 9470, section 3
 */
export function classifyChallenge(status: number, header: string | null | undefined, scheme = 'bearer'): ChallengeKind {
  const isUnauthorized = status === 401
  const otherwise = status === 403 ? 'forbidden' : 'not-rejected'
  if (!header) return isUnauthorized ? 'renew' : otherwise
  const challenges = parseChallenges(header)
  const ofScheme = challenges.filter((challenge) => challenge.scheme === scheme)
  const errors = ofScheme.map(({ parameters }) => parameters.get('error')?.toLowerCase())
  if (errors.includes('invalid_token')) return 'renew'
  const reason = NOT_RENEWABLE.find((error) => errors.includes(error))
  if (reason) return reason
  if (!isUnauthorized) return otherwise
  return challenges.length > 0 && ofScheme.length === 0 ? 'other_scheme' : 'renew'
}

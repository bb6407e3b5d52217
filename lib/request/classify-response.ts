// Decides whether a response rejects the token it was sent with (RFC 6750, section 3).
import type { Placement } from '../definitions/definition.ts'
import type { TokenError } from '../errors.ts'
import type { SkipReason } from '../token/events.ts'
import type { Token } from '../token/token.ts'

/** How a binding reads its client's answers. */
export interface ResponseReader<Answer> {
  status(answer: Answer): number
  /** The value of WWW-Authenticate. */
  challenges(answer: Answer): string | null
  /** Whether the answer means "this token is no good"; undefined where status 401 says it all. */
  readonly isAuthFailure: ((answer: Answer) => boolean | Promise<boolean>) | undefined
  /** Whether the provider means so by an answer that no status and no challenge tells. */
  isRejectedBody(answer: Answer): Promise<boolean>
  /** The answer within what the client rejected with. */
  responseIn(error: unknown): Answer | undefined
  /** Whether the answer came from another origin, after redirects. */
  redirectedElsewhere(answer: Answer, origin: string): boolean
  /** Reads what is left of a refused answer, so that its socket is free while a token is waited for. */
  drain(answer: Answer): void
  /** The refused answer is not going to be used. */
  discard(answer: Answer): void
  /** Hands the refused answer back with the reason why no token could be had. */
  attachCause(answer: Answer, error: unknown, cause: TokenError): void
}

/** One sending and what came of it. */
export interface Attempt<Answer> {
  readonly token: Token
  readonly answer: Answer
  readonly status: number
  /** What the client rejected with, if it did. */
  readonly error?: unknown
}

/** `not-rejected`: not refused at all. A reason: refused, but no new token would help. Undefined: a new token may help. */
export type Rejection = SkipReason | 'not-rejected' | undefined

export class ResponseClassifier<Answer> {
  readonly #responses: ResponseReader<Answer>
  readonly #scheme: string

  constructor(client: ResponseReader<Answer>, placement: Placement | undefined) {
    this.#responses = client
    this.#scheme = schemeOf(placement)
  }

  /** `origin`: where the request was sent. */
  async classify(attempt: Attempt<Answer>, origin: string): Promise<Rejection> {
    const { answer } = attempt
    const client = this.#responses
    if (client.isAuthFailure) {
      if (!(await client.isAuthFailure(answer))) return 'not-rejected'
      return client.redirectedElsewhere(answer, origin) ? 'other_origin' : undefined
    }
    const kind = await this.#classifyStatus(attempt)
    if (kind === 'not-rejected' || !client.redirectedElsewhere(answer, origin))
      return kind === 'renew' ? undefined : kind
    return 'other_origin'
  }

  async #classifyStatus({ answer, status }: Attempt<Answer>): Promise<ChallengeKind> {
    const kind = classifyChallenge(status, this.#responses.challenges(answer), this.#scheme)
    const open = kind === 'not-rejected' || kind === 'forbidden'
    return open && (await this.#responses.isRejectedBody(answer)) ? 'renew' : kind
  }
}

/** The scheme by which a challenge would name our token, in lower case. */
function schemeOf(placement: Placement = BEARER): string {
  if ('basic' in placement) return 'basic'
  const [scheme = '', rest] = ('header' in placement ? placement.value : '').split(' ')
  return rest === undefined ? 'bearer' : scheme.replace('{type}', 'bearer').toLowerCase()
}

const BEARER: Placement = { header: 'Authorization', value: 'Bearer {token}' }

// WWW-Authenticate (RFC 9110, section 11.6.1), read in one pass and in linear time.

/** One challenge of a WWW-Authenticate header; names in lower case. */
interface Challenge {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

const MAX_CHALLENGE_LENGTH = 16_384

/**
 * Reads the challenges of a WWW-Authenticate header, of several joined by commas too. What is malformed is passed over, and so is
 * what lies beyond 16 KiB.
 * @see RFC 9110, section 11.6.1
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const text = header.slice(0, MAX_CHALLENGE_LENGTH)
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  let at = 0
  // Right after a scheme a word of its own is no scheme but a token68.
  let named = false

  const take = (characters: string, among: boolean): string => {
    const from = at
    while (at < text.length && characters.includes(text.charAt(at)) === among) at += 1
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
    if (take(' \t,', true).includes(',')) named = false
    const name = word().toLowerCase()
    take(' \t', true)
    if (text.charAt(at) === '=') {
      // A parameter of the challenge before; of a token68, its padding.
      take('= \t', true)
      const value = text.charAt(at) === '"' ? quoted() : word()
      const parameters = challenges.at(-1)?.parameters
      if (parameters && !parameters.has(name)) parameters.set(name, value)
      named = false
    } else if (text.charAt(at) === '"' && name === '') {
      quoted()
    } else if (name !== '') {
      if (!named) challenges.push({ scheme: name, parameters: new Map() })
      named = !named
    }
  }
  return challenges
}

/** `renew`: a new token may help. `not-rejected`: the answer refuses no token. Else the reason why a new token would not help. */
export type ChallengeKind = 'renew' | 'not-rejected' | SkipReason

const HOPELESS = ['insufficient_scope', 'insufficient_user_authentication'] as const

/**
 * What a status of 400 or above and its challenges say of the token: 401 refuses it, and whatever the status `invalid_token` does;
 * challenges of other schemes than the token's, in lower case, and questions of scope do not.
 * @see RFC 6750, section 3.1; RFC 9470, section 3
 */
export function classifyChallenge(status: number, header: string | null | undefined, scheme = 'bearer'): ChallengeKind {
  const refused = status === 401
  const otherwise = status === 403 ? 'forbidden' : 'not-rejected'
  if (!header) return refused ? 'renew' : otherwise
  const challenges = parseChallenges(header)
  const own = challenges.filter((challenge) => challenge.scheme === scheme)
  const errors = own.map(({ parameters }) => parameters.get('error')?.toLowerCase())
  if (errors.includes('invalid_token')) return 'renew'
  const hopeless = HOPELESS.find((error) => errors.includes(error))
  if (hopeless) return hopeless
  if (!refused) return otherwise
  return challenges.length > 0 && own.length === 0 ? 'other_scheme' : 'renew'
}

// Decides whether a response rejects the token it was sent with (RFC 6750, section 3).
import type { Placement } from '../definitions/definition.ts'
import type { TokenError } from '../errors.ts'
import type { SkipReason } from '../token/events.ts'
import type { Token } from '../token/token.ts'

/** How a binding reads its client's answers. */
export interface Client<Answer> {
  status(answer: Answer): number
  /** The value of WWW-Authenticate. */
  challenges(answer: Answer): string | null
  /** Whether the answer means "this token is no good"; undefined where status 401 says it all. */
  readonly isAuthFailure: ((answer: Answer) => boolean | Promise<boolean>) | undefined
  /** Whether the provider means so by an answer that no status and no challenge tells. */
  isRefused(answer: Answer): Promise<boolean>
  /** The answer within what the client rejected with. */
  answerIn(error: unknown): Answer | undefined
  /** Whether the answer came from another origin, after redirects. */
  strayed(answer: Answer, origin: string): boolean
  /** Reads what is left of a refused answer, so that its socket is free while a token is waited for. */
  drain(answer: Answer): void
  /** The refused answer is not going to be used. */
  discard(answer: Answer): void
  /** Hands the refused answer back with the reason why no token could be had. */
  blame(answer: Answer, error: unknown, cause: TokenError): void
}

/** One sending and what came of it. */
export interface Attempt<Answer> {
  readonly token: Token
  readonly answer: Answer
  readonly status: number
  /** What the client rejected with, if it did. */
  readonly error?: unknown
}

/** `welcome`: not refused at all. A reason: refused, but no new token would help. Undefined: a new token may help. */
export type Judgement = SkipReason | 'welcome' | undefined

export class Judge<Answer> {
  readonly #client: Client<Answer>
  readonly #scheme: string

  constructor(client: Client<Answer>, placement: Placement | undefined) {
    this.#client = client
    this.#scheme = schemeOf(placement)
  }

  /** `origin`: where the request was sent. */
  async judge(attempt: Attempt<Answer>, origin: string): Promise<Judgement> {
    const { answer } = attempt
    const client = this.#client
    if (client.isAuthFailure) {
      if (!(await client.isAuthFailure(answer))) return 'welcome'
      return client.strayed(answer, origin) ? 'other_origin' : undefined
    }
    const opinion = await this.#opinion(attempt)
    if (opinion === 'welcome' || !client.strayed(answer, origin)) return opinion === 'renew' ? undefined : opinion
    return 'other_origin'
  }

  async #opinion({ answer, status }: Attempt<Answer>): Promise<Verdict> {
    const opinion = verdict(status, this.#client.challenges(answer), this.#scheme)
    const open = opinion === 'welcome' || opinion === 'forbidden'
    return open && (await this.#client.isRefused(answer)) ? 'renew' : opinion
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

/** `renew`: a new token may help. `welcome`: the answer refuses no token. Else the reason why a new token would not help. */
export type Verdict = 'renew' | 'welcome' | SkipReason

const HOPELESS = ['insufficient_scope', 'insufficient_user_authentication'] as const

/**
 * What a status of 400 or above and its challenges say of the token: 401 refuses it, and whatever the status `invalid_token` does;
 * challenges of other schemes than the token's, in lower case, and questions of scope do not.
 * @see RFC 6750, section 3.1; RFC 9470, section 3
 */
export function verdict(status: number, header: string | null | undefined, scheme = 'bearer'): Verdict {
  const refused = status === 401
  const otherwise = status === 403 ? 'forbidden' : 'welcome'
  if (!header) return refused ? 'renew' : otherwise
  const challenges = parseChallenges(header)
  const ours = challenges.filter((challenge) => challenge.scheme === scheme)
  const errors = ours.map(({ parameters }) => parameters.get('error')?.toLowerCase())
  if (errors.includes('invalid_token')) return 'renew'
  const hopeless = HOPELESS.find((error) => errors.includes(error))
  if (hopeless) return hopeless
  if (!refused) return otherwise
  return challenges.length > 0 && ours.length === 0 ? 'other_scheme' : 'renew'
}

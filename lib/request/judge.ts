// What an answer says of the token it was sent with, whatever the client that gave it.
import type { TokenError } from '../errors.ts'
import type { Placement } from '../providers/definition.ts'
import type { SkipReason } from '../token/events.ts'
import type { Token } from '../token/token.ts'
import { verdict, type Verdict } from './challenge.ts'

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

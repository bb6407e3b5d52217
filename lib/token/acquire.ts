// Obtains an access token: refresh token first, then the grant, then a prompt. It decides which requests are made and in what
// order; it knows nothing of states, waiters or stores.
import type { ProviderDefinition } from '../definitions/definition.ts'
import type { TokenError } from '../errors.ts'
import type { TokenRecord } from '../stores/token-store.ts'
import { RENEWAL, type Values } from '../token-endpoint/build-request.ts'
import type { Failure, IssuedToken } from '../token-endpoint/outcome.ts'
import type { TokenRequestResult } from '../token-endpoint/request-token.ts'
import { withTimeout } from '../util/abort.ts'
import { codeRequired, unanswered } from './errors.ts'
import type { Settings } from './options.ts'

/** A refresh token and those who may come to share it: never two requests at once, whatever they are for. */
export interface SharedRefreshToken {
  refreshToken?: string | undefined
  /** When it was given, or last spent and kept; epoch milliseconds. */
  obtainedAt?: number
}

/** What the server asks in place of giving a token. */
export interface PendingPrompt {
  readonly grant: string
  readonly carried: Readonly<Record<string, string>>
}

/** What a flight lends the acquisition. */
export interface AcquisitionContext {
  /** One request to the authorization server. */
  ask(grant: string, values: Values): Promise<TokenRequestResult>
  /** The answer to a question; undefined when there is nobody to ask. */
  prompt(question: PendingPrompt): Promise<Values | undefined>
  /** What the store holds now: another process may have renewed. */
  stored(): Promise<TokenRecord | undefined>
  readonly family: SharedRefreshToken
  /** Fields of an earlier answer that the provider keeps: placeholders may name them. */
  readonly kept: Values | undefined
  /** The access token held now, for servers that renew with it. */
  readonly accessToken: string | undefined
}

/** A token was given. */
export interface Acquired {
  readonly kind: 'token'
  readonly issued: IssuedToken
  readonly sentAt: number
  readonly grant: string
}

export type NotAcquired =
  | { readonly kind: 'failure'; readonly failure: Failure }
  | { readonly kind: 'question'; readonly question: PendingPrompt }
  /** Nothing unattended is left: with the last refusal, or with an error that says more. */
  | { readonly kind: 'terminal'; readonly failure?: Failure; readonly error?: TokenError }

/** `stored`: another process has renewed, what it got is to be used. */
export type AcquisitionResult = Acquired | NotAcquired | { readonly kind: 'stored'; readonly record: TokenRecord }

/** So many ambiguous refusals in a row are taken for the end of a refresh token that has no grant behind it. */
const MAX_AMBIGUOUS_REFUSALS = 3

export class TokenAcquisition {
  readonly #provider: ProviderDefinition
  readonly #grant: string
  readonly #values: Values
  readonly #onAmbiguousRefresh: 'retry' | 'never'
  readonly #renewsWith: { readonly refreshToken: boolean; readonly accessToken: boolean }
  #inputUsed = false
  #ambiguousRefusals = 0

  constructor(provider: ProviderDefinition, grant: string, values: Values, onAmbiguousRefresh: 'retry' | 'never') {
    this.#provider = provider
    this.#grant = grant
    this.#values = values
    this.#onAmbiguousRefresh = onAmbiguousRefresh
    const placeholders = JSON.stringify(provider.renewal ?? {})
    this.#renewsWith = {
      refreshToken: placeholders.includes('{refreshToken'),
      accessToken: placeholders.includes('{token}'),
    }
  }

  async acquire(context: AcquisitionContext): Promise<AcquisitionResult> {
    return (await this.#renew(context)) ?? (await this.#obtain(context))
  }

  /** Answers a question with what a person gave. */
  async answer(question: PendingPrompt, answer: Values, context: AcquisitionContext): Promise<AcquisitionResult> {
    const reply = await context.ask(question.grant, { ...this.#values, ...question.carried, ...answer })
    // Whatever was wrong with it, asking again is the application's decision, or nothing would end the loop.
    return reply.kind === 'failure' && !reply.failure.retry
      ? { kind: 'terminal', failure: reply.failure }
      : resultOf(question.grant, reply)
  }

  /** Undefined when the grant is to be used instead. */
  async #renew(context: AcquisitionContext): Promise<AcquisitionResult | undefined> {
    const { accessToken, family } = context
    const { refreshToken } = family
    if (!this.#provider.renewal) return undefined
    if (this.#renewsWith.refreshToken && refreshToken === undefined) return undefined
    if (this.#renewsWith.accessToken && accessToken === undefined) return undefined

    const reply = await context.ask(RENEWAL, { ...this.#values, ...context.kept, refreshToken, token: accessToken })
    if (reply.kind !== 'failure') {
      this.#ambiguousRefusals = 0
      return reply.kind === 'prompt' ? this.#prompt(reply, context) : resultOf('refresh_token', reply)
    }
    const { failure } = reply
    const spent = failure.kind === 'denied' || (reply.lost === true && this.#onAmbiguousRefresh === 'never')
    if (spent) return this.#replaceSpent(refreshToken, failure, context)
    // Lost once more after it was asked again: whether it is spent nobody can tell, and the grant need not know.
    if (reply.lost === true && isUnreachable(failure) && this.#repeatable) return undefined
    if (failure.ambiguous === true) {
      this.#ambiguousRefusals += 1
      if (this.#repeatable) return undefined
      if (this.#ambiguousRefusals >= MAX_AMBIGUOUS_REFUSALS) return { kind: 'terminal', failure }
    }
    return { kind: 'failure', failure }
  }

  /** The refresh token is dead: another process may hold its successor, else the grant is all there is. */
  async #replaceSpent(
    spent: string | undefined,
    failure: Failure,
    context: AcquisitionContext,
  ): Promise<AcquisitionResult | undefined> {
    if (context.family.refreshToken === spent) context.family.refreshToken = undefined
    const record = await context.stored()
    if (record?.refreshToken !== undefined && record.refreshToken !== spent) return { kind: 'stored', record }
    return this.#repeatable ? undefined : { kind: 'terminal', failure }
  }

  async #obtain(context: AcquisitionContext): Promise<AcquisitionResult> {
    if (!this.#repeatable) return { kind: 'terminal' }
    if (this.#needsCode) return { kind: 'terminal', error: codeRequired(this.#provider.id) }
    const reply = await context.ask(this.#grant, this.#values)
    const used = mayHaveUsed(reply)
    if (used) this.#inputUsed = true
    if (reply.kind === 'prompt') return this.#prompt(reply, context)
    return reply.kind === 'failure' && (reply.failure.kind === 'denied' || (used && !this.#reusable))
      ? { kind: 'terminal', failure: reply.failure }
      : resultOf(this.#grant, reply)
  }

  async #prompt(question: PendingPrompt, context: AcquisitionContext): Promise<AcquisitionResult> {
    try {
      const answer = await context.prompt(question)
      return answer ? await this.answer(question, answer, context) : { kind: 'question', question }
    } catch (error) {
      return { kind: 'terminal', error: error as TokenError }
    }
  }

  /** Whether a person must agree first, for `exchangeCallback()` to bring the code. */
  get #needsCode(): boolean {
    return this.#values['code'] === undefined && JSON.stringify(this.#provider.grants[this.#grant]).includes('{code}')
  }

  /** Whether the grant's input can be used, or used again. */
  get #repeatable(): boolean {
    return !this.#inputUsed || this.#reusable
  }

  get #reusable(): boolean {
    return this.#provider.grants[this.#grant]?.repeatable !== false
  }
}

/** Whether a code or a social token may be spent: it was taken or refused, or nobody knows. */
function mayHaveUsed(reply: TokenRequestResult): boolean {
  if (reply.kind !== 'failure') return true
  const { kind, error } = reply.failure
  return kind === 'denied' || reply.lost === true || error.code === 'ERR_TOKEN_RESPONSE'
}

function isUnreachable({ error }: Failure): boolean {
  return 'reason' in error && error.reason === 'unreachable'
}

/** A question in answer to an answer is not gone into again: the caller decides. */
function resultOf(grant: string, reply: TokenRequestResult): AcquisitionResult {
  if (reply.kind === 'failure') return { kind: 'failure', failure: reply.failure }
  if (reply.kind === 'prompt') return { kind: 'question', question: reply }
  return { kind: 'token', issued: reply.issued, sentAt: reply.sentAt, grant }
}

/** Asks `onPrompt`, if there is one, and waits for a person no longer than the prompt's deadline. */
export async function askForPrompt(settings: Settings, question: PendingPrompt): Promise<Values | undefined> {
  const { onPrompt, provider, account, clock, timing } = settings
  if (!onPrompt) return undefined
  const timeout = timing.promptDeadline
  const late = unanswered(provider.id, `gave no answer within ${String(timeout)} ms`)
  try {
    const asked = Promise.resolve({
      grant: question.grant,
      provider: provider.id,
      ...(account !== undefined && { account }),
    })
    const answer: unknown = await withTimeout(asked.then(onPrompt), clock, { timeout, onTimeout: () => late })
    if (typeof answer === 'object' && answer !== null) return answer as Values
  } catch (error) {
    // What it threw may hold what the person typed.
    throw error === late ? late : unanswered(provider.id, 'threw')
  }
  throw unanswered(provider.id, 'gave no object')
}

// Which requests obtain a token, and in what order: the refresh token, the grant where its input can be used, a prompt. It knows nothing
// of states, waiters or stores.
import type { TokenError } from '../errors.ts'
import { withTimeout } from '../util/abort.ts'
import { unanswered } from './errors.ts'
import type { EngineOptions } from './options.ts'
import type {
  Failure,
  GrantCall,
  GrantResult,
  IssuedToken,
  Nobody,
  PendingPrompt,
  RenewalInput,
  TokenGrant,
  Values,
} from './token-grant.ts'

/** The input and the limits of an acquisition, given by the renewal that runs it. */
export interface AcquisitionContext {
  readonly input: RenewalInput
  /** The limits of the next request. `mayPresentAgain`: {@link presentAgain} is called next where its answer is lost. */
  call(mayPresentAgain?: boolean): GrantCall
  /** Whether a refresh token whose answer was lost counts as spent. */
  readonly isSpentWhenLost: boolean
  /** Whether the grant may be asked, should the refresh token not do. */
  readonly mayObtain: boolean
  /**
   * A refresh was refused: whether another member has renewed, or holds the claim now. Read before anything is concluded, for the
   * refused token may have been spent by a sibling.
   */
  overtaken(): Promise<boolean>
  /** The refresh token was refused for good, and the grant is asked: it is not presented again. */
  dropRefreshToken(): Promise<void>
  /** A refresh was not answered: counts it; true where it may be presented again now. */
  presentAgain(): Promise<boolean>
  /** The answer to a prompt; undefined where there is nobody to ask. */
  prompt(prompt: PendingPrompt): Promise<Values | undefined>
}

/** A token was given. */
export interface Acquired {
  readonly kind: 'token'
  readonly issued: IssuedToken
  readonly sentAt: number
  readonly grant: string
  /** Whether a session was renewed, and not begun. */
  readonly refreshed: boolean
}

export type NotAcquired =
  | {
      readonly kind: 'failure'
      readonly failure: Failure
      readonly delivery?: GrantResult['delivery']
      readonly refreshed: boolean
    }
  | { readonly kind: 'prompt'; readonly prompt: PendingPrompt }
  /** Nothing unattended is left: after a last refusal, or with an error that says more. */
  | {
      readonly kind: 'terminal'
      readonly failure?: Failure
      readonly error?: TokenError
      readonly refreshed: boolean
      /** The application says that nobody is logged in. */
      readonly isNobody?: true
    }

/** `overtaken`: another member has renewed, and its result is to be used. */
export type AcquisitionResult = Acquired | NotAcquired | { readonly kind: 'overtaken' }

export class TokenAcquisition {
  readonly #grant: TokenGrant
  #inputUsed = false

  constructor(grant: TokenGrant) {
    this.#grant = grant
  }

  /** Whether the input of the grant may have been used, and cannot be used again. */
  get isInputUsed(): boolean {
    return this.#inputUsed && !this.#grant.repeatable
  }

  async acquire(context: AcquisitionContext): Promise<AcquisitionResult> {
    return (await this.#refresh(context)) ?? (await this.#obtain(context))
  }

  /** Answers a prompt with what a person gave. */
  async answer(prompt: PendingPrompt, answer: Values, context: AcquisitionContext): Promise<AcquisitionResult> {
    const result = await this.#grant.answer?.(prompt, answer, context.call())
    if (!result) return NOBODY
    // Asking again is the application's decision, or nothing would end the loop.
    return result.kind === 'failure' && !result.failure.retry
      ? { kind: 'terminal', failure: result.failure, refreshed: false }
      : resultOf(prompt.grant, result, false)
  }

  /** Undefined when the grant is to be asked instead. */
  async #refresh(context: AcquisitionContext): Promise<AcquisitionResult | undefined> {
    const { input } = context
    const mayObtain = context.mayObtain && this.#grant.refreshIsFinal !== true
    if (!this.#grant.canRefresh(input)) return undefined
    let result = await this.#grant.refresh(input, context.call(!context.isSpentWhenLost))
    if (isLost(result) && !context.isSpentWhenLost && (await context.presentAgain())) {
      result = await this.#grant.refresh(input, context.call())
      // Lost once more: nobody can tell whether it is spent, and a repeatable grant need not know.
      if (isUnanswered(result) && mayObtain) return undefined
    }
    if (result.kind === 'nobody') return NOBODY
    if (result.kind === 'prompt') return this.#prompt(result, context)
    if (result.kind === 'token')
      return resultOf(this.#grant.refreshIsFinal ? this.#grant.name : 'refresh_token', result, true)
    const { failure } = result
    const spent = failure.kind === 'denied' || (isLost(result) && context.isSpentWhenLost)
    if (!spent && failure.refused !== true) return resultOf('refresh_token', result, true)
    if (await context.overtaken()) return { kind: 'overtaken' }
    if (mayObtain) {
      if (spent) await context.dropRefreshToken()
      return undefined
    }
    return spent ? { kind: 'terminal', failure, refreshed: true } : resultOf('refresh_token', result, true)
  }

  async #obtain(context: AcquisitionContext): Promise<AcquisitionResult> {
    if (!context.mayObtain) return { kind: 'terminal', refreshed: false }
    const result = await this.#grant.obtain(context.call())
    const used = mayHaveUsed(result)
    if (used) this.#inputUsed = true
    if (result.kind === 'nobody') return NOBODY
    if (result.kind === 'prompt') return this.#prompt(result, context)
    return result.kind === 'failure' && (result.failure.kind === 'denied' || (used && !this.#grant.repeatable))
      ? { kind: 'terminal', failure: result.failure, refreshed: false }
      : resultOf(this.#grant.name, result, false)
  }

  async #prompt(prompt: PendingPrompt, context: AcquisitionContext): Promise<AcquisitionResult> {
    try {
      const answer = await context.prompt(prompt)
      return answer ? await this.answer(prompt, answer, context) : { kind: 'prompt', prompt }
    } catch (error) {
      return { kind: 'terminal', error: error as TokenError, refreshed: false }
    }
  }
}

const NOBODY = { kind: 'terminal', refreshed: false, isNobody: true } as const

/** Whether a code or a social token may be spent: it was taken or refused, or nobody knows. */
function mayHaveUsed(result: GrantResult | Nobody): boolean {
  if (result.kind !== 'failure') return true
  const { kind, error } = result.failure
  return kind === 'denied' || result.delivery === 'lost' || error.code === 'ERR_TOKEN_RESPONSE'
}

function isLost(result: GrantResult | Nobody): boolean {
  return result.kind === 'failure' && result.delivery === 'lost'
}

function isUnanswered(result: GrantResult | Nobody): boolean {
  if (result.kind !== 'failure' || !isLost(result)) return false
  const { error } = result.failure
  return 'reason' in error && error.reason === 'unreachable'
}

/** A prompt in answer to an answer is not gone into again: the caller decides. */
function resultOf(
  grant: string,
  result: Exclude<GrantResult, { kind: 'nobody' }>,
  refreshed: boolean,
): AcquisitionResult {
  if (result.kind === 'failure') {
    const { failure, delivery } = result
    return { kind: 'failure', failure, refreshed, ...(delivery && { delivery }) }
  }
  if (result.kind === 'prompt') return { kind: 'prompt', prompt: result }
  return { kind: 'token', issued: result.issued, sentAt: result.sentAt, grant, refreshed }
}

/** Asks `onPrompt`, if there is one, and waits for a person no longer than the prompt's deadline. */
export async function askForPrompt(
  provider: string,
  options: Pick<EngineOptions, 'onPrompt' | 'account' | 'clock' | 'timing'>,
  prompt: PendingPrompt,
): Promise<Values | undefined> {
  const { onPrompt, account, clock, timing } = options
  if (!onPrompt) return undefined
  const timeout = timing.promptDeadline
  const late = unanswered(provider, `gave no answer within ${String(timeout)} ms`)
  try {
    const asked = Promise.resolve({ grant: prompt.grant, provider, ...(account !== undefined && { account }) })
    const answer: unknown = await withTimeout(asked.then(onPrompt), clock, { timeout, onTimeout: () => late })
    if (typeof answer === 'object' && answer !== null) return answer as Values
  } catch (error) {
    // The thrown value may contain the person's input.
    throw error === late ? late : unanswered(provider, 'threw')
  }
  throw unanswered(provider, 'gave no object')
}

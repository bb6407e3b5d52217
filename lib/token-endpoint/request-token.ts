// One token request: its attempts and the retry decision, ending in one classified outcome.
import type { ProviderDefinition } from '../definitions/definition.ts'
import { isTokenError, TokenRequestError, TokenResponseError } from '../errors.ts'
import { pause, unlessAborted } from '../util/abort.ts'
import type { Clock } from '../util/clock.ts'
import { fill, RENEWAL, type Values } from './build-request.ts'
import { doing } from './error-response.ts'
import type { Asked, Failure, Outcome } from './outcome.ts'
import { read } from './token-response.ts'
import type { Conversation, TokenTransport, WireFailure, WireRequest, WireResult } from './transport.ts'

export interface TokenCall {
  readonly provider: ProviderDefinition
  /** The name of a grant, or of the renewal. */
  readonly grant: string
  /** What fills the holes of the request. */
  readonly values: Values
  readonly transport: TokenTransport
  readonly clock: Clock
  /** Aborts at the deadline. */
  readonly signal: AbortSignal
  /** Epoch milliseconds. */
  readonly deadline: number
  /** How many may be made in all. */
  readonly attempts: number
  readonly onAmbiguousRefresh: 'retry-once' | 'never'
}

/** The outcome, and what is known of the sending. */
export type Reply = Outcome & {
  /** Epoch milliseconds at which the last attempt was sent: a token's lifetime is counted from there. */
  readonly sentAt: number
  /** On a failure: the server may have acted on an attempt from which nothing came back. */
  readonly lost?: true
}

/** Asks the authorization server, and never rejects: whatever goes wrong is told as a failure. */
export async function requestToken(call: TokenCall): Promise<Reply> {
  const { signal, transport } = call
  const dialogue = new Dialogue(call)
  const talk = async (): Promise<Reply> => {
    signal.throwIfAborted()
    return dialogue.conclude(await transport(dialogue))
  }
  try {
    return await unlessAborted(talk(), signal)
  } catch {
    return dialogue.breakOff()
  }
}

interface Judged {
  readonly result: WireResult
  readonly outcome: Outcome
}

/** Builds each attempt, judges each result, and remembers how far things have got. */
class Dialogue implements Conversation {
  readonly signal: AbortSignal
  readonly #call: TokenCall
  #sentAt: number
  #secrets: readonly string[] = []
  #made = 0
  #lost = 0
  #pending = false
  #judged: Judged | undefined
  #unsendable: Failure | undefined

  constructor(call: TokenCall) {
    this.#call = call
    this.signal = call.signal
    this.#sentAt = call.clock.now()
  }

  // The two a transport is given work as they are, whatever they are called on.

  readonly prepare = async (): Promise<WireRequest> => {
    const { provider, grant, values, clock, signal } = this.#call
    signal.throwIfAborted()
    const { request, secrets } = await fill(provider, grant, values).catch((error: unknown) => {
      this.#unsendable = unsendable(this.#call, error)
      throw this.#unsendable.error
    })
    // A flight that has ended sends nothing more: it would spend a refresh token for nobody.
    signal.throwIfAborted()
    this.#secrets = secrets
    this.#sentAt = clock.now()
    this.#made += 1
    this.#pending = true
    return request
  }

  readonly again = async (result: WireResult): Promise<boolean> => {
    const { provider, grant, clock, signal, deadline, attempts, onAmbiguousRefresh } = this.#call
    const outcome = await this.#judge(result)
    if (outcome.kind !== 'failure') return false
    // A code, a passcode or a social token that may be spent is not shown again.
    const once = grant !== RENEWAL && provider.grants[grant]?.repeatable === false
    const wait = retryIn(
      { failure: outcome.failure, made: this.#made, lost: this.#lost, ambiguous: isLost(result) },
      {
        attempts,
        spendable: grant === RENEWAL || once,
        onAmbiguousRefresh: once ? 'never' : onAmbiguousRefresh,
        left: deadline - clock.now(),
        random: clock.random(),
      },
    )
    if (wait === undefined) return false
    await pause(wait, clock, signal)
    return true
  }

  /** What the transport came back with. */
  async conclude(result: WireResult): Promise<Reply> {
    return this.#reply(this.#judged?.result === result ? this.#judged.outcome : await this.#judge(result))
  }

  /** The transport came back with nothing, or the time is up. What it threw is not looked at: it may hold the request. */
  breakOff(): Reply {
    if (this.#judged?.outcome.kind === 'token') return this.#reply(this.#judged.outcome)
    const failure = this.#unsendable ?? brokenOff(this.#call, this.signal.aborted)
    return this.#reply({ kind: 'failure', failure })
  }

  async #judge(result: WireResult): Promise<Outcome> {
    this.#pending = false
    if (isLost(result)) this.#lost += 1
    const outcome = await this.#read(result)
    this.#judged = { result, outcome }
    return outcome
  }

  #read(result: WireResult): Outcome | Promise<Outcome> {
    const { provider, grant, values, clock } = this.#call
    if ('failure' in result) return { kind: 'failure', failure: unanswered(this.#call, result) }
    const accessToken = typeof values['token'] === 'string' ? values['token'] : undefined
    return read(result, { provider, grant, now: clock.now(), secrets: this.#secrets, accessToken })
  }

  #reply(outcome: Outcome): Reply {
    const lost = outcome.kind === 'failure' && (this.#pending || this.#lost > 0)
    return { ...outcome, sentAt: this.#sentAt, ...(lost && { lost }) }
  }
}

function isLost(result: WireResult): boolean {
  return 'failure' in result && result.failure === 'lost'
}

const FIRST_WAIT = 1000
const JITTER = 0.1

/** What came of the attempts so far. */
export interface Setback {
  readonly failure: Failure
  /** How many attempts were made. */
  readonly made: number
  /** How many of them were lost: the server may have acted on each. */
  readonly lost: number
  /** Whether the last one was. */
  readonly ambiguous: boolean
}

/** What the flight allows. */
export interface RetryTerms {
  /** How many attempts may be made in all. */
  readonly attempts: number
  /** Whether what is sent may be spent by the sending, as a refresh token that rotates is. */
  readonly spendable: boolean
  readonly onAmbiguousRefresh: 'retry-once' | 'never'
  /** Milliseconds until the flight ends. */
  readonly left: number
  /** A number from 0 up to 1. */
  readonly random: number
}

/**
 * Milliseconds until the next attempt, or undefined when the last one was final: what the server asks for, else 1 s, 2 s, 4 s, each
 * up to a tenth shorter or longer. A wait that the flight would not outlive is not begun.
 */
export function retryIn(setback: Setback, terms: RetryTerms): number | undefined {
  const { failure, made, lost, ambiguous } = setback
  if (!failure.retry || made >= terms.attempts) return undefined
  if (ambiguous && terms.spendable && lost > (terms.onAmbiguousRefresh === 'never' ? 0 : 1)) return undefined
  const wait = failure.retryAfter ?? FIRST_WAIT * 2 ** (made - 1) * (1 - JITTER + 2 * JITTER * terms.random)
  return wait < terms.left ? wait : undefined
}

// Failures without a response. None quotes what was thrown: it may contain the request.

type Question = Pick<Asked, 'provider' | 'grant'>

/** What a transport brought in place of an answer. */
function unanswered({ provider: { id }, grant }: Question, { failure }: WireFailure): Failure {
  if (failure === 'too_large') {
    const message = `${doing(grant)} was answered with more than 1 MiB`
    const error = new TokenResponseError(id, message, { reason: 'too_large', status: 0 })
    return { nature: 'transient', error, retry: false }
  }
  const why = failure === 'lost' ? "the token endpoint's answer was lost" : 'the token endpoint cannot be reached'
  const error = new TokenRequestError(id, `${doing(grant)} failed: ${why}`, { reason: 'unreachable' })
  return { nature: 'transient', error, retry: true }
}

/** The flight ended first, or the transport broke its contract. */
function brokenOff({ provider: { id }, grant }: Question, timedOut: boolean): Failure {
  const why = timedOut ? 'no answer within the time of a flight' : 'the transport threw'
  const reason = timedOut ? 'timeout' : 'unreachable'
  const error = new TokenRequestError(id, `${doing(grant)} failed: ${why}`, { reason })
  return { nature: 'transient', error, retry: false }
}

/** The request could not be built. */
function unsendable({ provider: { id }, grant }: Question, thrown: unknown): Failure {
  const message = `${doing(grant)} failed: its request could not be built`
  const error = isTokenError(thrown) ? thrown : new TokenRequestError(id, message, { reason: 'credentials' })
  return { nature: 'configuration', error, retry: false }
}

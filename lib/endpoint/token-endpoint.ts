// One request to the authorization server, one classified outcome.
import type { Clock } from '../clock.ts'
import type { ProviderDefinition } from '../providers/definition.ts'
import { fill, RENEWAL } from './fill.ts'
import { brokenOff, unanswered, unsendable } from './no-answer.ts'
import type { Failure, Outcome } from './outcome.ts'
import { read } from './read.ts'
import type { Values } from './resolve-values.ts'
import { retryIn } from './retry-policy.ts'
import { pause, unlessAborted } from './unless-aborted.ts'
import type { Conversation, TokenTransport, WireRequest, WireResult } from './wire.ts'

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

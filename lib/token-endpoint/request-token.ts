// One token request: its attempts and the retry decision, ending in one classified outcome.
import type { ProviderDefinition } from '../definitions/definition.ts'
import { isTokenError, TokenRequestError, TokenResponseError } from '../errors.ts'
import type { Failure, GrantCall, GrantResult, Outcome, Values } from '../token/token-grant.ts'
import { sleep, raceAbort, throwIfAborted } from '../util/abort.ts'
import type { Clock } from '../util/clock.ts'
import { buildTokenRequest, RENEWAL } from './build-request.ts'
import { at, describeGrant } from './error-response.ts'
import type { RequestContext } from './request-context.ts'
import { readTokenResponse } from './token-response.ts'
import {
  isNetworkCode,
  type TokenEndpointCall,
  type TokenTransport,
  type WireFailure,
  type WireRequest,
  type WireResult,
} from './transport.ts'

export interface TokenRequestOptions extends GrantCall {
  readonly provider: ProviderDefinition
  /** The name of a grant, or of the renewal. */
  readonly grant: string
  /** The values of the placeholders of the request. */
  readonly values: Values
  readonly transport: TokenTransport
  readonly clock: Clock
}

/** Asks the authorization server, and never rejects: whatever goes wrong is told as a failure. */
export async function requestToken(call: TokenRequestOptions): Promise<GrantResult> {
  const { signal, transport } = call
  const attempts = new TokenRequestAttempts(call)
  const talk = async (): Promise<GrantResult> => {
    throwIfAborted(signal)
    return attempts.conclude(await transport(attempts))
  }
  try {
    return await raceAbort(talk(), signal)
  } catch {
    return attempts.abort()
  }
}

interface Interpreted {
  readonly result: WireResult
  readonly outcome: Outcome
}

/** Builds each attempt, judges each result, and remembers how far things have got. */
class TokenRequestAttempts implements TokenEndpointCall {
  readonly signal: AbortSignal
  readonly #call: TokenRequestOptions
  #sentAt: number
  #secrets: readonly string[] = []
  #endpoint: string | undefined
  #made = 0
  /** The number of the last attempt whose failure was told. */
  #told = 0
  #lost = 0
  #pending = false
  #answered = false
  #interpreted: Interpreted | undefined
  #unsendable: Failure | undefined

  constructor(call: TokenRequestOptions) {
    this.#call = call
    this.signal = call.signal
    this.#sentAt = call.clock.now()
  }

  // The two a transport is given work as they are, whatever they are called on.

  readonly prepare = async (): Promise<WireRequest> => {
    const { provider, grant, values, clock, signal, deadline } = this.#call
    throwIfAborted(signal)
    const { request, secrets, endpoint } = await buildTokenRequest(provider, grant, values).catch((error: unknown) => {
      this.#unsendable = unbuildableFailure(this.#call, error)
      throw this.#unsendable.error
    })
    // A flight that has ended sends nothing more: it would spend a refresh token for nobody.
    throwIfAborted(signal)
    // Nor does one whose process was stopped meanwhile, even before its timer can say so: another may have asked in its place.
    if (clock.now() >= deadline) throw new Error('the deadline has passed')
    this.#secrets = secrets
    this.#endpoint = endpoint
    this.#sentAt = clock.now()
    this.#made += 1
    this.#pending = true
    return request
  }

  readonly again = async (result: WireResult): Promise<boolean> => {
    const { provider, grant, clock, signal, deadline, attempts } = this.#call
    const outcome = await this.#interpret(result)
    if (outcome.kind !== 'failure') return false
    const wait = retryIn(
      { failure: outcome.failure, made: this.#made, lost: isLost(result) },
      {
        attempts,
        spendable: grant === RENEWAL || provider.grants[grant]?.repeatable === false,
        left: deadline - clock.now(),
        random: clock.random(),
      },
    )
    this.#tell(outcome.failure, wait)
    if (wait === undefined) return false
    await sleep(wait, clock, signal)
    return true
  }

  /** Interprets the last result of the transport. */
  async conclude(result: WireResult): Promise<GrantResult> {
    return this.#reply(this.#interpreted?.result === result ? this.#interpreted.outcome : await this.#interpret(result))
  }

  /** The transport came back with nothing, or the time is up. What it threw is not looked at: it may hold the request. */
  abort(): GrantResult {
    if (this.#interpreted?.outcome.kind === 'token') return this.#reply(this.#interpreted.outcome)
    const timedOut = this.signal.aborted || this.#call.clock.now() >= this.#call.deadline
    const failure = this.#unsendable ?? timedOutFailure(this.#asked, timedOut)
    return this.#reply({ kind: 'failure', failure })
  }

  async #interpret(result: WireResult): Promise<Outcome> {
    this.#pending = false
    if (isLost(result)) this.#lost += 1
    else if (!('failure' in result) || result.failure === 'too_large') this.#answered = true
    const outcome = await this.#read(result)
    this.#interpreted = { result, outcome }
    return outcome
  }

  #read(result: WireResult): Outcome | Promise<Outcome> {
    const { provider, grant, values, clock } = this.#call
    if ('failure' in result) return { kind: 'failure', failure: noResponseFailure(this.#asked, result) }
    const accessToken = typeof values['token'] === 'string' ? values['token'] : undefined
    return readTokenResponse(result, {
      provider,
      grant,
      sentAt: this.#sentAt,
      now: clock.now(),
      secrets: this.#secrets,
      endpoint: this.#endpoint,
      accessToken,
    })
  }

  get #asked(): AskedGrant {
    const { provider, grant } = this.#call
    return { provider, grant, endpoint: this.#endpoint }
  }

  #reply(outcome: Outcome): GrantResult {
    if (outcome.kind === 'failure') this.#tell(outcome.failure)
    return { ...outcome, sentAt: this.#sentAt, ...(outcome.kind === 'failure' && this.#delivery()) }
  }

  /** Tells once of each attempt that was sent, whatever a transport asks or leaves out. */
  #tell({ error }: Failure, retryIn?: number): void {
    if (this.#told === this.#made) return
    this.#told = this.#made
    const { grant, onAttemptFailed } = this.#call
    onAttemptFailed?.({ grant, error, isLost: this.#delivery().delivery === 'lost', retryIn })
  }

  #delivery(): Pick<GrantResult, 'delivery'> {
    if (this.#pending || this.#lost > 0) return { delivery: 'lost' }
    return this.#answered ? {} : { delivery: 'not-sent' }
  }
}

function isLost(result: WireResult): boolean {
  return 'failure' in result && result.failure === 'lost'
}

const FIRST_WAIT = 1000
const JITTER = 0.1

/** The attempts so far, all of which failed. */
export interface FailedAttempts {
  readonly failure: Failure
  /** How many attempts were made. */
  readonly made: number
  /** Whether the last one was lost: the server may have acted on it. */
  readonly lost: boolean
}

/** The limits of a flight. */
export interface RetryLimits {
  /** How many attempts may be made in all. */
  readonly attempts: number
  /** Whether what is sent may be spent by the sending, as a refresh token that rotates is. */
  readonly spendable: boolean
  /** Milliseconds until the flight ends. */
  readonly left: number
  /** A number from 0 up to 1. */
  readonly random: number
}

/**
 * Milliseconds until the next attempt, or undefined when the last one was final: what the server asks for, else 1 s, 2 s, 4 s, each
 * up to a tenth shorter or longer. A wait that the flight would not outlive is not begun.
 */
export function retryIn(setback: FailedAttempts, terms: RetryLimits): number | undefined {
  const { failure, made, lost } = setback
  if (!failure.retry || made >= terms.attempts) return undefined
  if (lost && terms.spendable) return undefined
  const wait = failure.retryAfter ?? FIRST_WAIT * 2 ** (made - 1) * (1 - JITTER + 2 * JITTER * terms.random)
  return wait < terms.left ? wait : undefined
}

// Failures without a response. None quotes what was thrown: it may contain the request.

type AskedGrant = Pick<RequestContext, 'provider' | 'grant' | 'endpoint'>

/** The failure of a request that got no answer. */
function noResponseFailure({ provider: { id }, grant, endpoint }: AskedGrant, result: WireFailure): Failure {
  if (result.failure === 'too_large') {
    const message = `${describeGrant(grant)} was answered with more than 1 MiB${at(endpoint)}`
    const error = new TokenResponseError(id, message, { reason: 'too_large', status: 0 })
    return { kind: 'transient', error, retry: false }
  }
  return { kind: 'transient', error: noResponse(id, describeGrant(grant), result, endpoint), retry: true }
}

const NO_RESPONSE: Readonly<Record<WireFailure['failure'], string>> = {
  lost: 'the answer of the authorization server was lost',
  unreachable: 'the authorization server cannot be reached',
  too_large: 'the answer has more than 1 MiB',
}

/** The error of a request without a usable answer. */
export function noResponse(
  provider: string,
  what: string,
  { failure, networkCode: code = '' }: WireFailure,
  endpoint: string | undefined,
): TokenRequestError {
  const networkCode = isNetworkCode(code) ? code : undefined
  const cause = networkCode ?? 'no network code: the network, CORS, or an error of the fetch or the adapter in use'
  const [how, help] = PLAIN_TEXT.test(networkCode ?? '')
    ? ['TLS failed', '; does this port speak http?']
    : [NO_RESPONSE[failure], '']
  const why = failure === 'too_large' ? '' : ` (${cause})`
  return new TokenRequestError(provider, `${what} failed: ${how}${why}${at(endpoint)}${help}`, {
    reason: 'unreachable',
    networkCode,
  })
}

// A server that speaks http is the usual cause. It counts as an answer that was lost all the same: whatever stands between may send
// plain text after the request.
const PLAIN_TEXT = /^(?:EPROTO|ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG))$/

/** The flight ended first, or the transport broke its contract. */
function timedOutFailure({ provider: { id }, grant, endpoint }: AskedGrant, timedOut: boolean): Failure {
  const why = timedOut ? 'no answer before the deadline (timing.flightDeadline)' : 'the transport threw'
  const reason = timedOut ? 'timeout' : 'unreachable'
  const error = new TokenRequestError(id, `${describeGrant(grant)} failed: ${why}${at(endpoint)}`, { reason })
  return { kind: 'transient', error, retry: false }
}

/** The request could not be built. */
function unbuildableFailure({ provider: { id }, grant }: AskedGrant, thrown: unknown): Failure {
  const message = `${describeGrant(grant)} failed: its request could not be built`
  const error = isTokenError(thrown) ? thrown : new TokenRequestError(id, message, { reason: 'credentials' })
  // Another manager may have a token soon.
  return { kind: error.cause ? 'transient' : 'configuration', error, retry: false }
}

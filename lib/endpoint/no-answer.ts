// The failures in which no answer was read, in one wording. None quotes what was thrown: it may hold the request.
import { isTokenError, TokenRequestError, TokenResponseError } from '../errors.ts'
import type { Asked, Failure } from './outcome.ts'
import { doing } from './refusal.ts'
import type { WireFailure } from './wire.ts'

type Question = Pick<Asked, 'provider' | 'grant'>

/** What a transport brought in place of an answer. */
export function unanswered({ provider: { id }, grant }: Question, { failure }: WireFailure): Failure {
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
export function brokenOff({ provider: { id }, grant }: Question, timedOut: boolean): Failure {
  const why = timedOut ? 'no answer within the time of a flight' : 'the transport threw'
  const reason = timedOut ? 'timeout' : 'unreachable'
  const error = new TokenRequestError(id, `${doing(grant)} failed: ${why}`, { reason })
  return { nature: 'transient', error, retry: false }
}

/** The request could not be built. */
export function unsendable({ provider: { id }, grant }: Question, thrown: unknown): Failure {
  const message = `${doing(grant)} failed: its request could not be built`
  const error = isTokenError(thrown) ? thrown : new TokenRequestError(id, message, { reason: 'credentials' })
  return { nature: 'configuration', error, retry: false }
}

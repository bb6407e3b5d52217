// Errors of the engine, worded in one place. None quotes what a callback of the application threw: it may contain a secret.
import {
  PromptRequiredError,
  ReauthenticationRequiredError,
  type TokenError,
  TokenRequestError,
  TokenResponseError,
} from '../errors.ts'
import type { Values } from '../token-endpoint/build-request.ts'
import type { Failure } from '../token-endpoint/outcome.ts'

const HELP = 'call adopt() with a new token, or clear() to try the grant again'

/** Nothing unattended is left: the last refusal, if there was one, is the cause. */
export function exhausted(provider: string, failure: Failure | undefined): TokenError {
  const message = failure
    ? `the last grant failed (${codeOf(failure.error)}); ${HELP}`
    : 'the input of the grant is used up; call adopt() with a new token, or make a new manager'
  return new ReauthenticationRequiredError(provider, message, failure && { cause: failure.error })
}

/** The server asked and `onPrompt` gave no answer. */
export function unanswered(provider: string, why: string): TokenError {
  return new ReauthenticationRequiredError(provider, `the server asks for more and onPrompt ${why}; ${HELP}`)
}

/** The grant needs a person's consent that nobody has brought yet. */
export function codeRequired(provider: string): TokenError {
  const message =
    'a person must agree first: send them to authorizationUrl(), then call exchangeCallback() with where they came back to'
  return new ReauthenticationRequiredError(provider, message)
}

export function promptRequired(provider: string, grant: string, answer: (values: Values) => Promise<void>): TokenError {
  const message = `the server asks for the ${grant} grant; give onPrompt, or call answer() on this error`
  return new PromptRequiredError(provider, message, answer)
}

export function cleared(provider: string): TokenError {
  return new TokenRequestError(provider, 'clear() was called while a token was waited for', { reason: 'cleared' })
}

export function overloaded(provider: string, waiters: number): TokenError {
  return new TokenRequestError(provider, `${String(waiters)} callers wait for a token already`, { reason: 'overload' })
}

export function tooSlow(provider: string, timeout: number): TokenError {
  return new TokenRequestError(provider, `no token within the caller's ${String(timeout)} ms`, { reason: 'timeout' })
}

export function sameAgain(provider: string): Failure {
  const message = 'the token endpoint gave the token again that a resource server refused'
  const error = new TokenResponseError(provider, message, { reason: 'same_token', status: 200 })
  return { kind: 'transient', error, retry: false }
}

function codeOf(error: TokenError): string {
  return 'error' in error && typeof error.error === 'string' ? error.error : error.code
}

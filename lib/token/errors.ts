// Errors of the engine, worded in one place. None quotes what a callback of the application threw: it may contain a secret.
import {
  OAuthError,
  PromptRequiredError,
  ReauthenticationRequiredError,
  type TokenError,
  TokenRequestError,
  TokenResponseError,
} from '../errors.ts'
import type { Failure, TokenGrant, Values } from './token-grant.ts'

/** Nothing unattended is left: the last refusal, if there was one, is the cause. */
export function exhausted(grant: TokenGrant, failure: Failure | undefined, refreshed: boolean): TokenError {
  const isRefused = failure?.kind === 'denied' && failure.why === undefined && !refreshed && grant.unattended
  const [what, help] =
    isRefused && grant.repeatable
      ? [`the ${grant.name} grant was refused`, 'mend the credentials, or ']
      : ['the session cannot be renewed', '']
  const message = failure
    ? `${what} (${failure.why ?? codeOf(failure.error)}); ${help}${helpOf(grant)}`
    : `the input of the grant is used up; ${helpOf(grant)}`
  return new ReauthenticationRequiredError(grant.provider, message, failure && { cause: failure.error })
}

/** Another member of the session found it over. */
export function sessionEnded(grant: TokenGrant, code: string | undefined): TokenError {
  const message = `the session was ended elsewhere (${code ?? 'no code'}); ${helpOf(grant)}`
  const cause = new OAuthError(grant.provider, `the renewal was refused elsewhere: ${code ?? 'no code'}`, {
    error: code ?? 'invalid_grant',
    status: 0,
  })
  return new ReauthenticationRequiredError(grant.provider, message, { cause })
}

export const WAITS_FOR_ITSELF =
  'getToken used the client that waits for it; use another client, or list the path in publicPaths'

/** A caller within the tick of `getToken`. */
export function waitsForItself(): TypeError {
  return new TypeError(`tokenflight: ${WAITS_FOR_ITSELF}`)
}

/** Nobody has begun a session, and only a person can. */
export function signedOut(grant: TokenGrant): TokenError {
  return new ReauthenticationRequiredError(grant.provider, `nobody is logged in; ${grant.howToBegin}`)
}

/** Another member of the session backs off. */
export function pausedElsewhere(provider: string): TokenError {
  return new TokenRequestError(provider, 'another member of the session found the token endpoint unavailable', {
    reason: 'unavailable',
  })
}

/** A refresh token that rotates is not spent without a claim in the store. */
export function storeFailed(provider: string, why: string): TokenError {
  return new TokenRequestError(provider, `${why}; the refresh token is not spent without a claim in the token store`, {
    reason: 'store',
  })
}

/** A function that is given the refresh token of the store gave no token without it. */
export function unknownSession(provider: string, why: string): TokenError {
  return new TokenRequestError(provider, `${why}; without the refresh token that it may have, getToken gave no token`, {
    reason: 'store',
  })
}

function helpOf(grant: TokenGrant): string {
  return grant.unattended && grant.repeatable
    ? 'call adopt() with a new token, or clear() to try the grant again'
    : grant.howToBegin
}

/** The server asked and `onPrompt` gave no answer. */
export function unanswered(provider: string, why: string): TokenError {
  return new ReauthenticationRequiredError(
    provider,
    `the server asks for more and onPrompt ${why}; call adopt() with a new token, or clear() to try the grant again`,
  )
}

export function promptRequired(provider: string, grant: string, answer: (values: Values) => Promise<void>): TokenError {
  const message = `the server asks for the ${grant} grant; give onPrompt, or call answer() on this error`
  return new PromptRequiredError(provider, message, answer)
}

export function cleared(provider: string): TokenError {
  return new TokenRequestError(provider, 'clear() was called while a token was waited for', { reason: 'cleared' })
}

export function overloaded(provider: string, waiters: number): TokenError {
  return new TokenRequestError(provider, `${String(waiters)} callers wait for a token already (maxWaiters)`, {
    reason: 'overload',
  })
}

export function tooSlow(provider: string, timeout: number): TokenError {
  return new TokenRequestError(provider, `no token within the caller's ${String(timeout)} ms`, { reason: 'timeout' })
}

export function sameAgain({ provider, again }: TokenGrant): Failure {
  const error = new TokenResponseError(provider, again, { reason: 'same_token', status: 200 })
  return { kind: 'transient', error, retry: false }
}

function codeOf(error: TokenError): string {
  return 'error' in error && typeof error.error === 'string' ? error.error : error.code
}

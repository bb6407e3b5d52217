// What a refusal means. Error codes decide, then the provider's own lists; a status alone is only believed when it says "later".

import { OAuthError, TokenRequestError } from '../errors.ts'
import { firstText, matches } from './lookup.ts'
import type { Asked, Failure } from './outcome.ts'
import { redact } from './redact.ts'
import { RENEWAL } from './request-text.ts'
import { waitHint } from './wait-hint.ts'
import type { WireAnswer } from './wire.ts'

const NATURES: ReadonlyMap<string, Failure['nature']> = new Map([
  ['invalid_grant', 'denied'],
  ['server_error', 'transient'],
  ['temporarily_unavailable', 'transient'],
  ...[
    'invalid_client',
    'invalid_request',
    'unauthorized_client',
    'unsupported_grant_type',
    'invalid_scope',
    'invalid_target',
  ].map((code) => [code, 'configuration'] as const),
])

/** What is being asked for, in words. */
export function doing(grant: string): string {
  return grant === RENEWAL ? 'the renewal' : `the ${grant} grant`
}

/** The error code of an answer, wherever this provider writes it. */
export function codeIn({ body }: WireAnswer, { provider }: Asked): string | undefined {
  return firstText(body, provider.token.errors?.code ?? 'error')
}

/** Somebody refused: the provider, with a code, or whoever stands between. `empty`: there was no body at all. */
export function refusal(answer: WireAnswer, asked: Asked, empty: boolean): Failure {
  const { status } = answer
  const { provider, grant, now } = asked
  const retryAfter = waitHint(answer, provider.token.errors?.wait, now)
  const wait = retryAfter !== undefined && { retryAfter }
  const code = codeIn(answer, asked)
  if (status === 0 || (status >= 300 && status < 400)) {
    const message = `${doing(grant)} was answered with a redirect, which is not followed: mend the token endpoint's URL`
    const error = new TokenRequestError(provider.id, message, { reason: 'redirect', status })
    return { nature: 'configuration', error, retry: false }
  }
  if (code === undefined) {
    const retry = isLater(status)
    const message = `${doing(grant)} was answered with status ${String(status)} and no error code`
    const error = new TokenRequestError(provider.id, message, { reason: retry ? 'unavailable' : 'blocked', status })
    return { nature: 'transient', error, retry, ...wait, ...(status === 400 && empty && { untidy: true }) }
  }
  const known = code.trim().toLowerCase()
  const nature = NATURES.get(known) ?? natureOf(answer, asked)
  const retry = nature === 'transient'
  const error = oauthError(code, answer, asked)
  return { nature, error, retry, ...(retry && wait), ...(known === 'invalid_request' && { untidy: true }) }
}

/** The nature of a refusal whose code is the provider's own. */
function natureOf({ status, body }: WireAnswer, { provider, grant }: Asked): Failure['nature'] {
  if (isLater(status)) return 'transient'
  const { token, grants, renewal } = provider
  const own = (grant === RENEWAL ? renewal : grants[grant])?.denied ?? []
  return matches([...own, ...(token.errors?.denied ?? [])], status, body) ? 'denied' : 'configuration'
}

function oauthError(code: string, { status, body }: WireAnswer, { provider, grant, secrets }: Asked): OAuthError {
  const { message = 'error_description', uri = 'error_uri' } = provider.token.errors ?? {}
  const [error = '', errorDescription, errorUri] = [code, firstText(body, message), firstText(body, uri)].map((said) =>
    said === undefined ? undefined : redact(said, secrets),
  )
  const reason = errorDescription ? `${error} (${errorDescription})` : error
  return new OAuthError(provider.id, `${doing(grant)} was refused: ${reason}, status ${String(status)}`, {
    error,
    errorDescription,
    errorUri,
    status,
  })
}

function isLater(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
}

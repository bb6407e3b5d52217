// Classifies error responses of the token endpoint (RFC 6749, section 5.2). Error codes decide, then the lists of the definition;
// a status alone is trusted only when it means "later".
import type { Match, Paths, Wait } from '../definitions/definition.ts'
import { first, firstText, matches } from '../definitions/json-path.ts'
import { OAuthError, TokenRequestError } from '../errors.ts'
import { RENEWAL } from './build-request.ts'
import type { Asked, Failure } from './outcome.ts'
import type { WireAnswer } from './transport.ts'

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
  if (status === 0 || (status >= 300 && status < 400)) {
    const message = `${doing(grant)} was answered with a redirect, which is not followed: mend the token endpoint's URL`
    const error = new TokenRequestError(provider.id, message, { reason: 'redirect', status })
    return { nature: 'configuration', error, retry: false }
  }
  const retryAfter = waitHint(answer, provider.token.errors?.wait, now)
  const wait = retryAfter !== undefined && { retryAfter }
  const code = codeIn(answer, asked) ?? denialIn(answer, asked)
  if (code === undefined) {
    const retry = isLater(status)
    const message = `${doing(grant)} was answered with status ${String(status)} and no error code`
    const error = new TokenRequestError(provider.id, message, { reason: retry ? 'unavailable' : 'blocked', status })
    return { nature: 'transient', error, retry, ...wait, ...(status === 400 && empty && { untidy: true }) }
  }
  const nature = NATURES.get(plain(code)) ?? natureOf(answer, asked)
  const retry = nature === 'transient'
  const error = oauthError(code, answer, asked)
  return { nature, error, retry, ...(retry && wait), ...(plain(code) === 'invalid_request' && { untidy: true }) }
}

/** The nature of a refusal whose code is the provider's own. */
function natureOf({ status, body }: WireAnswer, asked: Asked): Failure['nature'] {
  if (isLater(status)) return 'transient'
  return matches(denialsOf(asked), status, body) ? 'denied' : 'configuration'
}

function denialsOf({ provider: { token, grants, renewal }, grant }: Asked): readonly Match[] {
  const own = grant === RENEWAL ? renewal : grants[grant]
  return [...(own?.denied ?? []), ...(token.errors?.denied ?? [])]
}

/** A denial without a code of its own that the provider is known to write into the body; its message stands for the code. */
function denialIn({ status, body }: WireAnswer, asked: Asked): string | undefined {
  const inBody = denialsOf(asked).filter((match) => match.at !== undefined && match.is !== undefined)
  return matches(inBody, status, body) ? firstText(body, messageOf(asked)) : undefined
}

function messageOf({ provider }: Asked): Paths {
  return provider.token.errors?.message ?? 'error_description'
}

function oauthError(code: string, { status, body }: WireAnswer, asked: Asked): OAuthError {
  const { provider, grant, secrets } = asked
  const places = [messageOf(asked), provider.token.errors?.uri ?? 'error_uri']
  const [errorDescription, errorUri] = places.map((place) => {
    const said = firstText(body, place)
    return said === undefined ? undefined : redact(said, secrets)
  })
  // A code of the standard's gives nothing away, even where a secret is a word of it.
  const error = NATURES.has(code.toLowerCase()) ? code : redact(code, secrets)
  const reason = errorDescription ? `${error} (${errorDescription})` : error
  return new OAuthError(provider.id, `${doing(grant)} was refused: ${reason}, status ${String(status)}`, {
    error,
    errorDescription,
    errorUri,
    status,
  })
}

function plain(code: string): string {
  return code.trim().toLowerCase()
}

function isLater(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
}

const MAX_RETRY_AFTER_MS = 3_600_000

// RFC 9110, 10.2.3: either form, whatever the provider's own places say.
const RETRY_AFTER: readonly Wait[] = [
  { header: 'retry-after', as: 'seconds' },
  { header: 'retry-after', as: 'date' },
]

/** Milliseconds from now, an hour at most; undefined when nothing readable was said. */
function waitHint(answer: WireAnswer, waits: readonly Wait[] = [], now: number): number | undefined {
  for (const wait of [...waits, ...RETRY_AFTER]) {
    const said = 'header' in wait ? answer.headers[wait.header.toLowerCase()] : first(answer.body, wait.at)
    const ms = READERS[wait.as](typeof said === 'number' || typeof said === 'string' ? String(said).trim() : '', now)
    if (ms > 0) return Math.min(ms, MAX_RETRY_AFTER_MS)
  }
  return undefined
}

const READERS: Readonly<Record<Wait['as'], (said: string, now: number) => number>> = {
  seconds: (said) => secondsOf(said) * 1000,
  epoch: (said, now) => secondsOf(said) * 1000 - now,
  // Date.parse makes a date of nearly anything.
  date: (said, now) => (/^[A-Z][a-z]+, .{1,40} GMT$/.test(said) ? Date.parse(said) : NaN) - now,
}

function secondsOf(said: string): number {
  return /^\d{1,20}(?:\.\d{1,9})?$/.test(said) ? Number(said) : NaN
}

const MAX_MESSAGE_LENGTH = 256

// One or two characters are no secret, and would tear every word apart.
const SHORTEST_SECRET = 3

export function redact(text: string, secrets: readonly string[]): string {
  let clean = text
  // Longest first: a secret may hold another.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length >= SHORTEST_SECRET) clean = clean.replaceAll(secret, '[redacted]')
  }
  clean = clean.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return clean.length > MAX_MESSAGE_LENGTH ? `${clean.slice(0, MAX_MESSAGE_LENGTH - 1)}…` : clean
}

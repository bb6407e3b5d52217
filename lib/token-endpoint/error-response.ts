// Classifies error responses of the token endpoint (RFC 6749, section 5.2). Error codes decide, then the lists of the definition;
// a status alone is trusted only when it means "later".
import type { Match, Paths, Wait } from '../definitions/definition.ts'
import { firstValue, firstText, matches } from '../definitions/json-path.ts'
import { OAuthError, TokenRequestError } from '../errors.ts'
import type { Failure } from '../token/token-grant.ts'
import { httpDate } from '../util/syntax.ts'
import { RENEWAL } from './build-request.ts'
import { redact } from './redact.ts'
import type { RequestContext } from './request-context.ts'
import type { WireAnswer } from './transport.ts'

const KINDS: ReadonlyMap<string, Failure['kind']> = new Map([
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

/** The name of a grant in messages. */
export function describeGrant(grant: string): string {
  return grant === RENEWAL ? 'the renewal' : `the ${grant} grant`
}

/** The end of a message that names an endpoint, where it is known. */
export function at(endpoint: string | undefined): string {
  return endpoint === undefined ? '' : `: ${endpoint}`
}

/** The end of a message about an answer that no token endpoint gives. */
export function checkEndpoint(endpoint: string | undefined): string {
  return endpoint === undefined ? '' : `; check the token endpoint ${endpoint}`
}

/** The error code of an answer, wherever this provider writes it. */
export function errorCode({ body }: WireAnswer, { provider }: RequestContext): string | undefined {
  return firstText(body, provider.token.errors?.code ?? 'error')
}

/** Somebody refused: the provider, with a code, or whoever stands between. `empty`: there was no body at all. */
export function classifyErrorResponse(answer: WireAnswer, asked: RequestContext, empty: boolean): Failure {
  const { status } = answer
  const { provider, grant, endpoint } = asked
  if (status === 0 || (status >= 300 && status < 400)) {
    const message = `${describeGrant(grant)} was answered with a redirect, which is not followed${checkEndpoint(endpoint)}`
    const error = new TokenRequestError(provider.id, message, { reason: 'redirect', status })
    return { kind: 'configuration', error, retry: false }
  }
  const retryAfter = retryAfterOf(answer, provider.token.errors?.wait, asked.date ?? asked.now)
  const wait = retryAfter !== undefined && { retryAfter }
  const code = errorCode(answer, asked) ?? denialInBody(answer, asked)
  if (code === undefined) {
    const retry = meansLater(status)
    const isMisplaced = status === 404 || status === 405 || (!retry && !empty && answer.body === undefined)
    const place = isMisplaced ? checkEndpoint(endpoint) : at(endpoint)
    const message = `${describeGrant(grant)} was answered with status ${String(status)} and no error code${place}`
    const error = new TokenRequestError(provider.id, message, { reason: retry ? 'unavailable' : 'blocked', status })
    // A page speaks for a proxy or a firewall; an empty body, or JSON, for the server.
    const refused = status >= 400 && !retry && (empty || answer.body !== undefined)
    const ambiguous = empty && (status === 400 || status === 403)
    return { kind: 'transient', error, retry, ...wait, ...(refused && { refused }), ...(ambiguous && { ambiguous }) }
  }
  const kind = KINDS.get(normalized(code)) ?? kindOf(answer, asked)
  const retry = kind === 'transient'
  const error = oauthError(code, answer, asked, kind)
  return {
    kind,
    error,
    retry,
    ...(retry ? wait : { refused: true }),
    ...(normalized(code) === 'invalid_request' && { ambiguous: true }),
  }
}

/** The kind of a refusal whose code is the provider's own. */
function kindOf({ status, body }: WireAnswer, asked: RequestContext): Failure['kind'] {
  if (meansLater(status)) return 'transient'
  return matches(denialsOf(asked), status, body) ? 'denied' : 'configuration'
}

function denialsOf({ provider: { token, grants, renewal }, grant }: RequestContext): readonly Match[] {
  const own = grant === RENEWAL ? renewal : grants[grant]
  return [...(own?.denied ?? []), ...(token.errors?.denied ?? [])]
}

/** A denial without a code of its own that the provider is known to write into the body; its message stands for the code. */
function denialInBody({ status, body }: WireAnswer, asked: RequestContext): string | undefined {
  const inBody = denialsOf(asked).filter((match) => match.at !== undefined && match.is !== undefined)
  return matches(inBody, status, body) ? firstText(body, messageOf(asked)) : undefined
}

function messageOf({ provider }: RequestContext): Paths {
  return provider.token.errors?.message ?? 'error_description'
}

function oauthError(
  code: string,
  { status, body }: WireAnswer,
  asked: RequestContext,
  kind: Failure['kind'],
): OAuthError {
  const { provider, grant, secrets } = asked
  const places = [messageOf(asked), provider.token.errors?.uri ?? 'error_uri']
  const [errorDescription, errorUri] = places.map((place) => {
    const said = firstText(body, place)
    return said === undefined ? undefined : redact(said, secrets)
  })
  // A code of the standard's gives nothing away, even where a secret is a word of it.
  const error = KINDS.has(code.toLowerCase()) ? code : redact(code, secrets)
  const reason = errorDescription ? `${error} (${errorDescription})` : error
  // A client that is refused by a code of the provider's own.
  const isClient = error === 'invalid_client' || (status === 401 && kind === 'configuration')
  const help = isClient ? '; check the credentials of the client, and how they are sent' : ''
  return new OAuthError(
    provider.id,
    `${describeGrant(grant)} was refused: ${reason}, status ${String(status)}${help}`,
    {
      error,
      errorDescription,
      errorUri,
      status,
    },
  )
}

function normalized(code: string): string {
  return code.trim().toLowerCase()
}

function meansLater(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
}

const MAX_RETRY_AFTER_MS = 3_600_000

// RFC 9110, 10.2.3: either form, whatever the provider's own places say.
const RETRY_AFTER: readonly Wait[] = [
  { header: 'retry-after', as: 'seconds' },
  { header: 'retry-after', as: 'date' },
]

/** Milliseconds from now, an hour at most; undefined when nothing readable was said. */
function retryAfterOf(answer: WireAnswer, waits: readonly Wait[] = [], now: number): number | undefined {
  for (const wait of [...waits, ...RETRY_AFTER]) {
    const said = 'header' in wait ? answer.headers[wait.header.toLowerCase()] : firstValue(answer.body, wait.at)
    const ms = READERS[wait.as](typeof said === 'number' || typeof said === 'string' ? String(said).trim() : '', now)
    if (ms > 0) return Math.min(ms, MAX_RETRY_AFTER_MS)
  }
  return undefined
}

const READERS: Readonly<Record<Wait['as'], (said: string, now: number) => number>> = {
  seconds: (said) => secondsOf(said) * 1000,
  epoch: (said, now) => secondsOf(said) * 1000 - now,
  date: (said, now) => httpDate(said) - now,
}

function secondsOf(said: string): number {
  return /^\d{1,20}(?:\.\d{1,9})?$/.test(said) ? Number(said) : NaN
}

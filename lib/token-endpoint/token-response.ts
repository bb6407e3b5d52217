// Reads token responses (RFC 6749, section 5.1): token, prompt or failure. Only names and short texts of a body get into an error.
import type { Lifetime, Paths, TokenAnswer } from '../definitions/definition.ts'
import { keptFields } from '../definitions/kept.ts'
import { firstText, firstValue, matches, textsAt } from '../definitions/json-path.ts'
import { TokenResponseError, type TokenResponseReason } from '../errors.ts'
import type { IssuedToken, Outcome } from '../token/token-grant.ts'
import { dueWithin } from '../token/schedule.ts'
import { httpDate, isoDate, isAccessToken, isRefreshToken } from '../util/syntax.ts'
import { jwtClaims } from '../util/jose.ts'
import { defined } from '../util/objects.ts'
import { RENEWAL } from './build-request.ts'
import { at, checkEndpoint, errorCode, describeGrant, classifyErrorResponse } from './error-response.ts'
import type { RequestContext } from './request-context.ts'
import type { RawAnswer, WireAnswer } from './transport.ts'

/** Reads an answer of the token endpoint as a token, a prompt or a failure. Never rejects. */
export async function readTokenResponse(raw: RawAnswer, context: RequestContext): Promise<Outcome> {
  const asked = { ...context, date: httpDate(raw.headers['date'] ?? '') || undefined }
  const { provider } = asked
  let answer = parseAnswer(raw)
  if (provider.custom?.answer) {
    try {
      // A body that is neither JSON nor form data is passed as text: some servers answer with the bare token.
      const { status, headers, body } = await provider.custom.answer({ ...answer, body: answer.body ?? raw.text })
      answer = { status, headers, body }
    } catch {
      return malformed('unreadable', answer, asked)
    }
  }
  return (
    (await interpret(answer, asked)) ?? {
      kind: 'failure',
      failure: classifyErrorResponse(answer, asked, raw.text.trim() === ''),
    }
  )
}

/** Undefined for a refusal. */
async function interpret(answer: WireAnswer, asked: RequestContext): Promise<Outcome | undefined> {
  const { status, body } = answer
  const shape = answerShape(asked)
  // First of all: a question may have an access token, which opens nothing.
  const prompt = await promptIn(answer, shape, asked)
  if (prompt) return prompt
  if (status < 200 || status > 299) return undefined
  if (body === undefined) return malformed('unreadable', answer, asked)
  const isOk = shape.ok && matches(shape.ok, status, body)
  // A success may have its status in the field where errors have their code.
  const code = isOk ? undefined : errorCode(answer, asked)
  const issued = await issuedToken(body, shape, asked)
  // A number beside a token is a status, not a refusal: some servers say code 0 or 200 of a success.
  if (code !== undefined && (issued === 'no_token' || !/^\d+$/.test(code))) return undefined
  if (isOk === false) return malformed('not_ok', answer, asked)
  return typeof issued === 'string' ? malformed(issued, answer, asked) : { kind: 'token', issued }
}

async function promptIn(
  { status, body }: WireAnswer,
  shape: TokenAnswer,
  { provider: { prompt } }: RequestContext,
): Promise<Outcome | undefined> {
  if (!prompt) return undefined
  const asksClaims = JSON.stringify(prompt).includes('"#.')
  const claims = asksClaims ? await jwtClaims(firstValue(body, tokenPaths(shape))) : undefined
  const seen = claims ? { ...(body as object), '#': claims } : body
  return matches(prompt.when, status, seen)
    ? { kind: 'prompt', grant: prompt.grant, carried: textsAt(seen, prompt.carry) }
    : undefined
}

function answerShape({ provider, grant }: RequestContext): TokenAnswer {
  const own = grant === RENEWAL ? provider.renewal : provider.grants[grant]
  return { ...provider.token.answer, ...own?.answer }
}

function tokenPaths({ token = 'access_token' }: TokenAnswer): Paths {
  return token
}

const WRONG: Readonly<Partial<Record<TokenResponseReason, string>>> = {
  unreadable: 'something that is not JSON',
  not_ok: 'a response that answer.ok of the definition refuses',
  bad_token: 'a token that no header can carry',
  token_type: 'a token_type that needs a key',
  kept: 'a field that the definition keeps, with a value that it does not allow',
}

function malformed(reason: TokenResponseReason, { status }: WireAnswer, asked: RequestContext): Outcome {
  const { provider, grant, endpoint } = asked
  const wrong = WRONG[reason] ?? `no access token at ${[tokenPaths(answerShape(asked))].flat().join(', ')}`
  const place = reason === 'unreadable' ? checkEndpoint(endpoint) : at(endpoint)
  const message = `${describeGrant(grant)} was answered with status ${String(status)} and ${wrong}${place}`
  const error = new TokenResponseError(provider.id, message, { reason, status })
  const kind = reason === 'token_type' ? 'configuration' : 'transient'
  return { kind: 'failure', failure: { kind, error, retry: false } }
}

/** The answer; its body is undefined when it is neither. */
export function parseAnswer({ status, headers, text }: RawAnswer): WireAnswer {
  const form = headers['content-type']?.toLowerCase().startsWith('application/x-www-form-urlencoded')
  return { status, headers, body: form ? Object.fromEntries(new URLSearchParams(text)) : parseJson(text) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return undefined
  }
}

/** The token, or what is wrong with it. */
async function issuedToken(
  body: unknown,
  shape: TokenAnswer,
  asked: RequestContext,
): Promise<IssuedToken | TokenResponseReason> {
  const accessToken = firstValue(body, tokenPaths(shape)) ?? extended(asked)
  if (typeof accessToken !== 'string' || accessToken === '') return 'no_token'
  const refreshToken = firstValue(body, shape.refresh ?? 'refresh_token') ?? ''
  if (!isAccessToken(accessToken) || (refreshToken !== '' && !isRefreshToken(refreshToken))) return 'bad_token'
  const type = firstValue(body, shape.type ?? 'token_type') ?? ''
  // Many servers write a name of their own for Bearer. These two need a proof beside the token.
  if (typeof type === 'string' && /^(?:mac|dpop)$/i.test(type)) return 'token_type'

  const scope = firstValue(body, shape.scope ?? 'scope')
  const kept = shape.keep ? keptFields(asked.provider, body, shape.keep) : {}
  if (kept === undefined) return 'kept'
  const expiresIn = await lifetimeOf(body, accessToken, shape.lifetime ?? [{ in: 'expires_in' }], asked)
  const within = durationOf(asked.provider.renewal?.within)
  return {
    accessToken,
    scheme: 'Bearer',
    ...defined({
      expiresIn,
      renewIn: durationOf(firstValue(body, shape.renewIn ?? 'refresh_in')) ?? dueWithin(expiresIn, within),
      refreshToken: refreshToken || undefined,
      scope: scopeOf(scope, asked.provider.scopes?.separator),
      idToken: firstText(body, 'id_token'),
      kept: Object.keys(kept).length > 0 ? kept : undefined,
    }),
  }
}

/** Some servers make the old token live longer and send none. */
function extended({ provider, grant, accessToken }: RequestContext): string | undefined {
  return grant === RENEWAL && provider.renewal?.accessToken === 'extended' ? accessToken : undefined
}

/** Scopes as one text, separated by spaces; some servers send a list. */
function scopeOf(scope: unknown, separator = ' '): string | undefined {
  const list = typeof scope === 'string' ? scope.split(separator) : scope
  const text: unknown = Array.isArray(list) ? list.join(' ') : list
  return typeof text === 'string' && /^[ -~]+$/.test(text) ? text : undefined
}

// Lifetimes as servers write them: numbers or text. Anything that is not a time to come counts as unknown.

const UNITS = { s: 1000, ms: 1, min: 60_000 }

// A hundred years: beyond, dates end.
const MAX_LIFETIME_MS = 100 * 365.25 * 86_400_000

/** Milliseconds, out of a positive number or its text. */
function durationOf(value: unknown, unit: keyof typeof UNITS = 's'): number | undefined {
  return positive(numberOf(value) * UNITS[unit])
}

function positive(ms: number): number | undefined {
  return ms > 0 ? Math.min(Math.round(ms), MAX_LIFETIME_MS) : undefined
}

/** The first of the lifetimes that applies, in milliseconds. Moments are of the server's clock. */
async function lifetimeOf(
  body: unknown,
  token: string,
  lifetimes: readonly Lifetime[],
  { date, sentAt }: RequestContext,
): Promise<number | undefined> {
  const from = date ?? sentAt
  for (const lifetime of lifetimes) {
    let ms: number | undefined
    if ('in' in lifetime) ms = durationOf(firstValue(body, lifetime.in), lifetime.unit)
    else if ('fixed' in lifetime) ms = durationOf(lifetime.fixed)
    else if ('at' in lifetime) ms = positive(momentOf(firstValue(body, lifetime.at), lifetime.unit) - from)
    else {
      const { exp, iat } = (await jwtClaims(token)) ?? {}
      const left = momentOf(exp) - from
      const whole = momentOf(exp) - momentOf(iat)
      // A server may give a token that it issued earlier. Its own clock can tell, and the local one may be wrong.
      ms = positive(date === undefined ? whole : Math.min(left, whole)) ?? positive(whole) ?? positive(left)
    }
    if (ms !== undefined) return ms
  }
  return undefined
}

function momentOf(value: unknown, unit: 's' | 'ms' | 'iso' = 's'): number {
  if (unit !== 'iso') return numberOf(value) * UNITS[unit]
  return typeof value === 'string' ? isoDate(value) : NaN
}

/** NaN for what is neither a number nor the plain text of one. */
function numberOf(value: unknown): number {
  if (typeof value === 'string') return /^\d{1,40}(?:\.\d{1,40})?$/.test(value.trim()) ? Number(value) : NaN
  return typeof value === 'number' && Number.isFinite(value) ? value : NaN
}

// From the answer on the wire to a token, a question, or a failure. Nothing of the body but names and short texts gets into an error.

import { TokenResponseError, type TokenResponseReason } from '../errors.ts'
import type { TokenAnswer } from '../providers/definition.ts'
import { issuedToken } from './issued-token.ts'
import { jwtClaims } from './jwt-claims.ts'
import { first, matches, textsAt } from './lookup.ts'
import type { Asked, Outcome } from './outcome.ts'
import { parseAnswer } from './parse-answer.ts'
import { codeIn, doing, refusal } from './refusal.ts'
import { RENEWAL } from './request-text.ts'
import type { RawAnswer, WireAnswer } from './wire.ts'

export type { Asked, Failure, IssuedToken, Outcome } from './outcome.ts'

/** What an answer of the token endpoint means. Never rejects. */
export async function read(raw: RawAnswer, asked: Asked): Promise<Outcome> {
  const { provider } = asked
  let answer = parseAnswer(raw)
  if (provider.custom?.answer) {
    try {
      // Whatever is neither JSON nor form data comes as text: some servers answer with the bare token.
      const { status, headers, body } = await provider.custom.answer({ ...answer, body: answer.body ?? raw.text })
      answer = { status, headers, body }
    } catch {
      return malformed('unreadable', answer, asked)
    }
  }
  return (
    (await meaningOf(answer, asked)) ?? { kind: 'failure', failure: refusal(answer, asked, raw.text.trim() === '') }
  )
}

/** Undefined for a refusal. */
async function meaningOf(answer: WireAnswer, asked: Asked): Promise<Outcome | undefined> {
  const { status, body } = answer
  const shape = shapeOf(asked)
  // First of all: a question may have an access token, which opens nothing.
  const prompt = await promptIn(answer, shape, asked)
  if (prompt) return prompt
  if (status < 200 || status > 299) return undefined
  if (body === undefined) return malformed('unreadable', answer, asked)
  const code = codeIn(answer, asked)
  const issued = await issuedToken(body, shape, asked)
  // A number beside a token is a status, not a refusal: some servers say code 0 or 200 of a success.
  if (code !== undefined && (issued === 'no_token' || !/^\d+$/.test(code))) return undefined
  if (shape.ok && !matches(shape.ok, status, body)) return malformed('not_ok', answer, asked)
  return typeof issued === 'string' ? malformed(issued, answer, asked) : { kind: 'token', issued }
}

async function promptIn(
  { status, body }: WireAnswer,
  shape: TokenAnswer,
  { provider: { prompt } }: Asked,
): Promise<Outcome | undefined> {
  if (!prompt) return undefined
  const asksClaims = JSON.stringify(prompt).includes('"#.')
  const claims = asksClaims ? await jwtClaims(first(body, shape.token ?? 'access_token')) : undefined
  const seen = claims ? { ...(body as object), '#': claims } : body
  return matches(prompt.when, status, seen)
    ? { kind: 'prompt', grant: prompt.grant, carried: textsAt(seen, prompt.carry) }
    : undefined
}

function shapeOf({ provider, grant }: Asked): TokenAnswer {
  const own = grant === RENEWAL ? provider.renewal : provider.grants[grant]
  return { ...provider.token.answer, ...own?.answer }
}

const WRONG: Readonly<Partial<Record<TokenResponseReason, string>>> = {
  unreadable: 'something that is not JSON',
  not_ok: 'a success that is none',
  no_token: 'no access token',
  bad_token: 'a token that no header can carry',
  token_type: 'a token of a type that is not Bearer',
}

function malformed(reason: TokenResponseReason, { status }: WireAnswer, { provider, grant }: Asked): Outcome {
  const message = `${doing(grant)} was answered with status ${String(status)} and ${WRONG[reason] ?? reason}`
  const error = new TokenResponseError(provider.id, message, { reason, status })
  const nature = reason === 'token_type' ? 'configuration' : 'transient'
  return { kind: 'failure', failure: { nature, error, retry: false } }
}

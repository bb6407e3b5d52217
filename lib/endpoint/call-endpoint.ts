// The calls around a token: ask what it is, have it forgotten. One attempt each, no queue, no states.
import { OAuthError, TokenRequestError } from '../errors.ts'
import type { ProviderDefinition } from '../providers/definition.ts'
import { fillEndpoint } from './fill-endpoint.ts'
import { firstText } from './lookup.ts'
import { parseAnswer } from './parse-answer.ts'
import { redact } from './redact.ts'
import type { Values } from './resolve-values.ts'
import type { Conversation, TokenTransport, WireResult } from './wire.ts'

export interface EndpointCall {
  readonly provider: ProviderDefinition
  readonly name: 'inspect' | 'revoke'
  readonly values: Values
  readonly transport: TokenTransport
  readonly signal: AbortSignal
}

/** The body of the answer, read as JSON; undefined for one without. Rejects with a typed error for anything but a 2xx. */
export async function callEndpoint({ provider, name, values, transport, signal }: EndpointCall): Promise<unknown> {
  const { id } = provider
  const filled = await fillEndpoint(provider, name, values)
  const conversation: Conversation = {
    signal,
    prepare: () => Promise.resolve(filled.request),
    again: () => Promise.resolve(false),
  }
  const result: WireResult = await transport(conversation).catch(() => ({ failure: 'lost' }))
  if ('failure' in result) {
    throw new TokenRequestError(id, `the ${name} endpoint gave no answer`, {
      reason: signal.aborted ? 'timeout' : 'unreachable',
    })
  }
  const { status, body } = parseAnswer(result)
  if (status >= 200 && status < 300) return body
  const { code = 'error', message = 'error_description' } = provider.errors ?? provider.token.errors ?? {}
  const error = firstText(body, code)
  const refused = `the ${name} endpoint answered with status ${String(status)}`
  if (error === undefined) throw new TokenRequestError(id, refused, { reason: 'blocked', status })
  const said = firstText(body, message)
  const errorDescription = said === undefined ? undefined : redact(said, filled.secrets)
  throw new OAuthError(id, `${refused}: ${redact(error, filled.secrets)}`, {
    error: redact(error, filled.secrets),
    errorDescription,
    status,
  })
}

// Token requests and responses without a token endpoint: the request of a definition, and its result for a response.

import type { ProviderDefinition } from '../../lib/definitions/definition.ts'
import { buildRequest, buildTokenRequest } from '../../lib/token-endpoint/build-request.ts'
import type { Failure, IssuedToken, Outcome, Values } from '../../lib/token/token-grant.ts'
import { readTokenResponse } from '../../lib/token-endpoint/token-response.ts'
import type { RawAnswer, WireRequest } from '../../lib/token-endpoint/transport.ts'

/** 2023-11-14T22:13:20Z. */
export const NOW = 1_700_000_000_000

/** A response; a body that is no text is sent as JSON. */
export function answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): RawAnswer {
  return { status, headers, text: typeof body === 'string' ? body : JSON.stringify(body) }
}

/** The request of a grant. */
export async function sent(provider: ProviderDefinition, grant: string, values: Values): Promise<WireRequest> {
  return (await buildTokenRequest(provider, grant, values)).request
}

/** The URL of the authorization request. */
export async function authorizationUrl(provider: ProviderDefinition, values: Values): Promise<string> {
  return (await buildRequest(provider, { method: 'GET', ...provider.authorize }, values)).request.url
}

/** The parameters of a JSON body. */
export function json(request: WireRequest): unknown {
  return JSON.parse(request.body ?? 'null')
}

/** The parameters of a form. */
export function form(request: WireRequest): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(request.body))
}

/** The outcome of a response by the definition of a provider. */
export function meaning(
  provider: ProviderDefinition,
  grant: string,
  given: RawAnswer,
  secrets: readonly string[] = [],
): Promise<Outcome> {
  return readTokenResponse(given, { provider, grant, sentAt: NOW, now: NOW, secrets })
}

/** The token of a response; throws without one. */
export async function tokenOf(provider: ProviderDefinition, grant: string, given: RawAnswer): Promise<IssuedToken> {
  const outcome = await meaning(provider, grant, given)
  if (outcome.kind !== 'token') throw new Error(`expected a token, got a ${outcome.kind}`)
  return outcome.issued
}

/** The failure of a response; throws without one. */
export async function failureOf(
  provider: ProviderDefinition,
  grant: string,
  given: RawAnswer,
  secrets?: readonly string[],
): Promise<Failure> {
  const outcome = await meaning(provider, grant, given, secrets)
  if (outcome.kind !== 'failure') throw new Error(`expected a failure, got a ${outcome.kind}`)
  return outcome.failure
}

/** An unsigned JSON Web Token with these claims. */
export function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part(claims)}.x`
}

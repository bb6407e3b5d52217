// Introspection, revocation, device authorization and pushed authorization requests.
import type { Endpoint, ProviderDefinition, TokenRequest } from '../definitions/definition.ts'
import { firstText } from '../definitions/json-path.ts'
import { DEFAULT_PLACEMENT } from '../definitions/resource-server.ts'
import { OAuthError, TokenRequestError } from '../errors.ts'
import type { EndpointName, Values } from '../token/token-grant.ts'
import { raceAbort, throwIfAborted } from '../util/abort.ts'
import { buildRequest, type BuiltRequest, mergeRequests, withQuery } from './build-request.ts'
import { at } from './error-response.ts'
import { redact } from './redact.ts'
import { parseAnswer } from './token-response.ts'
import { noResponse } from './request-token.ts'
import type { TokenEndpointCall, TokenTransport, WireResult } from './transport.ts'

/** The error of a provider without an endpoint. */
export function noEndpoint(provider: string, name: string): TypeError {
  return new TypeError(`tokenflight: ${provider} has no ${name} endpoint: name it in its definition`)
}

/** The endpoint of this name. Throws a `TypeError` where the provider has no such endpoint. */
export function endpointOf(definition: ProviderDefinition, name: EndpointName): Endpoint {
  const endpoint = definition[name]
  if (!endpoint) throw noEndpoint(definition.id, name)
  return endpoint
}

/**
 * A request to an endpoint; `values.token` is the token to inspect or to revoke.
 *
 * Rejects as {@link endpointOf} throws, and with a `TokenRequestError` whose reason is `credentials` when a value is missing.
 */
export async function buildEndpointRequest(
  definition: ProviderDefinition,
  name: EndpointName,
  values: Values,
): Promise<BuiltRequest> {
  const endpoint = endpointOf(definition, name)
  const template =
    endpoint.by === 'client' ? mergeRequests(definition.token, endpoint) : apiRequestTemplate(definition, endpoint)
  return buildRequest(definition, template, values)
}

/** The endpoint's template as that of an API request: the provider's headers, and the token in its place. Its type is Bearer, as of all issued tokens. */
function apiRequestTemplate(
  { headers = {}, placement = DEFAULT_PLACEMENT }: ProviderDefinition,
  endpoint: Endpoint,
): TokenRequest {
  if ('header' in placement) {
    const value = placement.value.replace('{type}', 'Bearer')
    return mergeRequests({ headers: { ...headers, [placement.header]: value } }, endpoint)
  }
  if ('basic' in placement) return mergeRequests({ headers, basic: placement.basic, basicStyle: 'raw' }, endpoint)
  const { query, value = '{token}' } = placement
  return mergeRequests({ headers }, { ...endpoint, url: withQuery(endpoint.url ?? '', `${query}=${value}`) })
}

interface EndpointCall {
  readonly provider: ProviderDefinition
  readonly name: EndpointName
  readonly values: Values
  readonly transport: TokenTransport
  readonly signal: AbortSignal
}

/** The body of the answer, read as JSON; undefined for one without. Rejects with a typed error for anything but a 2xx. */
export async function callEndpoint({ provider, name, values, transport, signal }: EndpointCall): Promise<unknown> {
  const { id } = provider
  const ask = async (): Promise<[WireResult, BuiltRequest]> => {
    throwIfAborted(signal)
    const filled = await buildEndpointRequest(provider, name, values)
    const conversation: TokenEndpointCall = {
      signal,
      prepare: () => Promise.resolve(filled.request),
      again: () => Promise.resolve(false),
    }
    return [await transport(conversation).catch((): WireResult => ({ failure: 'lost' })), filled]
  }
  // Neither a transport nor a credential function need heed the signal.
  const [result, { secrets, endpoint }] = await raceAbort(ask(), signal).catch((error: unknown) => {
    if (!signal.aborted) throw error
    const message = `the ${name} endpoint gave no answer before the deadline (timing.flightDeadline)`
    throw new TokenRequestError(id, message, { reason: 'timeout' })
  })
  if ('failure' in result) throw noResponse(id, `the ${name} endpoint`, result, endpoint)
  const { status, body } = parseAnswer(result)
  if (status >= 200 && status < 300) return body
  const { code = 'error', message = 'error_description' } = provider.errors ?? provider.token.errors ?? {}
  const error = firstText(body, code)
  const refused = `the ${name} endpoint answered with status ${String(status)}`
  if (error === undefined) throw new TokenRequestError(id, `${refused}${at(endpoint)}`, { reason: 'blocked', status })
  const said = firstText(body, message)
  const errorDescription = said === undefined ? undefined : redact(said, secrets)
  throw new OAuthError(id, `${refused}: ${redact(error, secrets)}`, {
    error: redact(error, secrets),
    errorDescription,
    status,
  })
}

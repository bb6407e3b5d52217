// The calls around a token that are no token requests: what it is, that it be forgotten, where a person agrees to it.

import type { Endpoint, Placement, ProviderDefinition, TokenRequest } from '../providers/definition.ts'
import { buildRequest, type Filled } from './build-request.ts'
import { laidOver } from './request-text.ts'
import type { Values } from './resolve-values.ts'

const BEARER: Placement = { header: 'Authorization', value: 'Bearer {token}' }

/** Where a token is inspected or revoked. Throws a `TypeError` where the provider has no such endpoint. */
export function endpointOf(definition: ProviderDefinition, name: 'inspect' | 'revoke'): Endpoint {
  const endpoint = definition[name]
  if (!endpoint) throw new TypeError(`tokenflight: ${definition.id} has no ${name} endpoint`)
  return endpoint
}

/**
 * The request that inspects or revokes the token in `values.token`.
 *
 * Rejects as {@link endpointOf} throws, and with a `TokenRequestError` whose reason is `credentials` when a value is missing.
 */
export async function fillEndpoint(
  definition: ProviderDefinition,
  name: 'inspect' | 'revoke',
  values: Values,
): Promise<Filled> {
  const endpoint = endpointOf(definition, name)
  const shared = endpoint.by === 'client' ? definition.token : asApiRequest(definition)
  return buildRequest(definition, laidOver(shared, endpoint), values)
}

/** What an API request carries: the provider's headers, and the token in its place. */
function asApiRequest({ headers, placement = BEARER }: ProviderDefinition): TokenRequest {
  if ('header' in placement) return { headers: { ...headers, [placement.header]: placement.value } }
  const carrier: TokenRequest =
    'query' in placement
      ? { params: { [placement.query]: placement.value ?? '{token}' } }
      : { basic: placement.basic, basicStyle: 'raw' }
  return { ...carrier, headers: { ...headers } }
}

/** The address a person is sent to; undefined where the provider has none. Rejects as {@link fillEndpoint} does. */
export async function fillAuthorize(definition: ProviderDefinition, values: Values): Promise<string | undefined> {
  if (!definition.authorize) return undefined
  const { url, params } = definition.authorize
  return (await buildRequest(definition, { method: 'GET', url, params }, values)).request.url
}

// The door to filling: from a definition and an application's credentials to the request on the wire.

import { TokenRequestError } from '../errors.ts'
import type { ProviderDefinition } from '../providers/definition.ts'
import { buildRequest, checkHeaders, type Filled } from './build-request.ts'
import { requestOf } from './request-text.ts'
import type { Values } from './resolve-values.ts'

export { checkCredentials } from './check-credentials.ts'
export { fillSite, type FilledSite } from './fill-site.ts'
export { RENEWAL } from './request-text.ts'
export type { Filled } from './build-request.ts'
export type { Values } from './resolve-values.ts'

/**
 * The token request of a grant, or of the renewal. Functions among the values are called anew.
 *
 * Rejects with a `TokenRequestError` whose reason is `credentials` when a value is missing or cannot stand where its hole is.
 */
export async function fill(definition: ProviderDefinition, grant: string, values: Values): Promise<Filled> {
  const filled = await buildRequest(definition, requestOf(definition, grant), values)
  const customize = definition.custom?.request
  if (!customize) return filled
  try {
    return { ...filled, request: checkHeaders(definition.id, await customize(filled.request)) }
  } catch {
    // What was thrown may hold the request.
    throw new TokenRequestError(definition.id, 'custom.request gave no request that can be sent', {
      reason: 'credentials',
    })
  }
}

// The text of a definition that a request is made of, before any hole is filled.

import type { ProviderDefinition, TokenRequest } from '../providers/definition.ts'

/** Stands for the renewal where a grant is named. */
export const RENEWAL = 'refresh_token'

/** What a grant says, or the renewal, laid over what all token requests share. */
export function requestOf({ token, grants, renewal }: ProviderDefinition, grant: string): TokenRequest {
  return laidOver(token, (grant === RENEWAL ? renewal : grants[grant]) ?? {})
}

export function laidOver(shared: TokenRequest, own: TokenRequest): TokenRequest {
  return {
    ...shared,
    ...own,
    headers: { ...shared.headers, ...own.headers },
    params: { ...shared.params, ...own.params },
  }
}

type RequestText = Pick<Required<TokenRequest>, 'url'> & {
  readonly [K in 'headers' | 'basic' | 'params']: TokenRequest[K] | undefined
}

/** What of a request holes may be in. A URL that begins with a slash is relative to the root of the API. */
export function textOf(
  { api = '' }: ProviderDefinition,
  { url = '', headers, basic, params }: TokenRequest,
): RequestText {
  return { url: url.startsWith('/') ? api.replace(/\/+$/, '') + url : url, headers, basic, params }
}

// The client that every vector is about: where its servers are and how it proves who it is.
import { defineProvider } from '../../../lib/providers/define-provider.ts'
import type { WireRequest } from '../../../lib/token-endpoint/transport.ts'

export const API = 'https://api.example.com/v1'
const TOKEN_ENDPOINT = 'https://as.example.com/token'
const REVOCATION_ENDPOINT = 'https://as.example.com/revoke'

export const CREDENTIALS = { clientId: 'the-client', clientSecret: 'client-secret-value' }

export const server = defineProvider({
  id: 'vectors',
  title: 'The server of the vectors',
  docs: 'https://www.rfc-editor.org/rfc/rfc6749',
  api: API,
  token: {
    url: TOKEN_ENDPOINT,
    encoding: 'form',
    params: { client_id: '{clientId}', client_secret: '{clientSecret}' },
    errors: { code: 'error', message: 'error_description' },
  },
  grants: {
    client_credentials: { params: { grant_type: 'client_credentials' } },
    authorization_code: { repeatable: false, params: { grant_type: 'authorization_code', code: '{code}' } },
  },
  renewal: {
    refreshToken: 'rotates',
    accessToken: 'lives',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
})

const revocation = { revoke: { by: 'client', url: REVOCATION_ENDPOINT, params: { token: '{token}' } } } as const

/** The same server, with an endpoint that revokes tokens. */
export const revokingServer: typeof server = { ...server, ...revocation }

export function isRevocation({ url }: WireRequest): boolean {
  return url === REVOCATION_ENDPOINT
}

/** The token that a request to the revocation endpoint names, and whatever is wrong with the request. */
export function revoked(request: WireRequest): string {
  const { token = 'no token', WRONG } = decoded(request, REVOCATION_ENDPOINT)
  return WRONG === undefined ? token : `${token}, WRONG: ${WRONG}`
}

/** The parameters of a token request, without what is the same in each; whatever is wrong with that is told beside them. */
export function decoded(
  { url, method, headers, body }: WireRequest,
  endpoint: string = TOKEN_ENDPOINT,
): Record<string, string> {
  const { client_id: id, client_secret: secret, ...params } = Object.fromEntries(new URLSearchParams(body))
  const wrong = [
    url !== endpoint && 'URL',
    method !== 'POST' && 'method',
    !/^application\/x-www-form-urlencoded\b/.test(headers['content-type'] ?? '') && 'content type',
    (id !== CREDENTIALS.clientId || secret !== CREDENTIALS.clientSecret) && 'client authentication',
  ].filter((each) => each !== false)
  return wrong.length > 0 ? { ...params, WRONG: wrong.join(', ') } : params
}

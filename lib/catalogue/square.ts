import { defineProvider } from '../providers/define-provider.ts'

/**
 * Square: the APIs on behalf of a seller; the credential `host` is `connect.squareupsandbox.com` for the sandbox.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const square = /* @__PURE__ */ defineProvider({
  id: 'square',
  title: 'Square',
  docs: 'https://developer.squareup.com/docs/oauth-api/overview',

  api: 'https://{host=connect.squareup.com}',
  token: {
    url: '/oauth2/token',
    encoding: 'json',
    headers: { 'Square-Version': '{apiVersion=2025-01-23}' },
    params: { client_id: '{clientId}', client_secret: '{clientSecret}' },
    answer: { lifetime: [{ at: 'expires_at', unit: 'iso' }] },
  },
  grants: {
    authorization_code: { repeatable: false, params: { grant_type: 'authorization_code', code: '{code}' } },
  },
  renewal: {
    refreshToken: 'unknown',
    accessToken: 'unknown',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
  authorize: {
    url: '/oauth2/authorize',
    params: { client_id: '{clientId}', scope: '{scope?}', session: 'false', state: '{state}' },
  },
  headers: { 'Square-Version': '{apiVersion=2025-01-23}' },
})

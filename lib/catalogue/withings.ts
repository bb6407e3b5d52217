import { defineProvider } from '../providers/define-provider.ts'

/**
 * Withings: the API on behalf of a person.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const withings = /* @__PURE__ */ defineProvider({
  id: 'withings',
  title: 'Withings',
  docs: 'https://developer.withings.com/developer-guide/v3/integration-guide/public-health-data-api/get-access/oauth-web-flow/',

  api: 'https://wbsapi.withings.net',
  // Every status is 200; the one that counts is in the body, and the answer one level down.
  token: {
    url: '/v2/oauth2',
    params: { action: 'requesttoken', client_id: '{clientId}', client_secret: '{clientSecret}' },
    answer: {
      ok: [{ at: 'status', is: '0' }],
      token: 'body.access_token',
      type: 'body.token_type',
      refresh: 'body.refresh_token',
      scope: 'body.scope',
      lifetime: [{ in: 'body.expires_in' }],
    },
    errors: { code: 'status', message: 'error' },
  },
  grants: {
    authorization_code: {
      repeatable: false,
      params: { grant_type: 'authorization_code', code: '{code}', redirect_uri: '{redirectUri}' },
    },
  },
  renewal: {
    refreshToken: 'rotates',
    accessToken: 'unknown',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
  authorize: {
    url: 'https://account.withings.com/oauth2_user/authorize2',
    params: {
      response_type: 'code',
      client_id: '{clientId}',
      redirect_uri: '{redirectUri}',
      scope: '{scope?}',
      state: '{state}',
    },
  },
  rejectedWhen: [{ status: 200, at: 'status', is: '401' }],
  errors: { code: 'status', message: 'error' },
  scopes: { separator: ',' },
})

import { defineProvider } from '../providers/define-provider.ts'

/**
 * Strava.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const strava = /* @__PURE__ */ defineProvider({
  id: 'strava',
  title: 'Strava',
  docs: 'https://developers.strava.com/docs/authentication/',
  api: 'https://www.strava.com/api/v3',
  token: { url: '/oauth/token', params: { client_id: '{clientId}', client_secret: '{clientSecret}' } },
  grants: {
    authorization_code: { repeatable: false, params: { grant_type: 'authorization_code', code: '{code}' } },
  },
  renewal: {
    refreshToken: 'rotates',
    accessToken: 'lives',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
  authorize: {
    url: 'https://www.strava.com/oauth/authorize',
    params: {
      response_type: 'code',
      client_id: '{clientId}',
      redirect_uri: '{redirectUri}',
      scope: '{scope}',
      state: '{state}',
      approval_prompt: '{approvalPrompt=auto}',
    },
  },
  scopes: { separator: ',' },
})

import { defineProvider } from '../providers/define-provider.ts'

/**
 * Reddit: the API on behalf of a person, with the credential `userAgent` that its rules ask for: `web:my-app:v1.0 (by /u/me)`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const reddit = /* @__PURE__ */ defineProvider({
  id: 'reddit',
  title: 'Reddit',
  docs: 'https://github.com/reddit-archive/reddit/wiki/OAuth2',

  api: 'https://oauth.reddit.com',
  token: {
    url: 'https://www.reddit.com/api/v1/access_token',
    headers: { 'User-Agent': '{userAgent}' },
    basic: ['{clientId}', '{clientSecret}'],
  },
  grants: {
    authorization_code: {
      repeatable: false,
      params: { grant_type: 'authorization_code', code: '{code}', redirect_uri: '{redirectUri}' },
    },
  },
  renewal: {
    refreshToken: 'keeps',
    accessToken: 'unknown',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
  authorize: {
    url: 'https://www.reddit.com/api/v1/authorize',
    params: {
      response_type: 'code',
      client_id: '{clientId}',
      redirect_uri: '{redirectUri}',
      scope: '{scope?}',
      state: '{state}',
      duration: '{duration=permanent}',
    },
  },
  headers: { 'User-Agent': '{userAgent}' },
})

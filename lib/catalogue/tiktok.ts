import { defineProvider } from '../providers/define-provider.ts'

/**
 * TikTok: the APIs on behalf of a person, for applications on the web.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const tiktok = /* @__PURE__ */ defineProvider({
  id: 'tiktok',
  title: 'TikTok',
  docs: 'https://developers.tiktok.com/doc/oauth-user-access-token-management',

  api: 'https://open.tiktokapis.com',
  token: {
    url: '/v2/oauth/token/',
    params: { client_key: '{clientKey}', client_secret: '{clientSecret}' },
  },
  grants: {
    authorization_code: {
      repeatable: false,
      params: { grant_type: 'authorization_code', code: '{code}', redirect_uri: '{redirectUri}' },
    },
  },
  renewal: {
    refreshToken: 'unknown',
    accessToken: 'unknown',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
  authorize: {
    url: 'https://www.tiktok.com/v2/auth/authorize/',
    params: {
      response_type: 'code',
      client_key: '{clientKey}',
      redirect_uri: '{redirectUri}',
      scope: '{scope?}',
      state: '{state}',
    },
  },
  scopes: { separator: ',' },
})

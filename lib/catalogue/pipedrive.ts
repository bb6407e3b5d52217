import { defineProvider } from '../providers/define-provider.ts'

/**
 * Pipedrive, on behalf of a person. The API is at the host of the company, which each token response names.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const pipedrive = /* @__PURE__ */ defineProvider({
  id: 'pipedrive',
  title: 'Pipedrive',
  docs: 'https://pipedrive.readme.io/docs/marketplace-oauth-authorization',
  api: 'https://{company}.pipedrive.com',
  token: {
    url: 'https://oauth.pipedrive.com/oauth/token',
    basic: ['{clientId}', '{clientSecret}'],
    answer: { keep: { company: { at: 'api_domain', is: 'https://{company}.pipedrive.com' } } },
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
    url: 'https://oauth.pipedrive.com/oauth/authorize',
    params: {
      response_type: 'code',
      client_id: '{clientId}',
      redirect_uri: '{redirectUri}',
      state: '{state}',
    },
  },
})

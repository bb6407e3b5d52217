import { defineProvider } from '../providers/define-provider.ts'

/**
 * Instagram: the API with Instagram Login and a long-lived token, which the short-lived one of a login (`shortToken`) is exchanged for. It is
 * renewed in its last week, while it is valid.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const instagram = /* @__PURE__ */ defineProvider({
  id: 'instagram',
  title: 'Instagram',
  docs: 'https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login',

  api: 'https://graph.instagram.com',
  token: { url: '/access_token', method: 'GET' },
  grants: {
    ig_exchange_token: {
      repeatable: false,
      params: { grant_type: 'ig_exchange_token', client_secret: '{clientSecret}', access_token: '{shortToken}' },
    },
  },
  renewal: {
    url: '/refresh_access_token',
    refreshToken: 'keeps',
    accessToken: 'lives',
    within: 604_800,
    params: { grant_type: 'ig_refresh_token', access_token: '{token}' },
  },
})

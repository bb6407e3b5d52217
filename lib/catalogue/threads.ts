import { defineProvider } from '../providers/define-provider.ts'

/**
 * Threads: the API with a long-lived token, which the short-lived one of a login (`shortToken`) is exchanged for. It is renewed in its last
 * week, while it is valid.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const threads = /* @__PURE__ */ defineProvider({
  id: 'threads',
  title: 'Threads',
  docs: 'https://developers.facebook.com/docs/threads/get-started/long-lived-tokens',

  api: 'https://graph.threads.net',
  token: { url: '/access_token', method: 'GET' },
  grants: {
    th_exchange_token: {
      repeatable: false,
      params: { grant_type: 'th_exchange_token', client_secret: '{clientSecret}', access_token: '{shortToken}' },
    },
  },
  renewal: {
    url: '/refresh_access_token',
    refreshToken: 'keeps',
    accessToken: 'lives',
    within: 604_800,
    params: { grant_type: 'th_refresh_token', access_token: '{token}' },
  },
})

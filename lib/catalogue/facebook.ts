import { defineProvider } from '../providers/define-provider.ts'

/**
 * Facebook: the Graph API with a long-lived token, which the short-lived one of a login (`shortToken`) is exchanged for. It is renewed in its
 * last week, while it is valid.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const facebook = /* @__PURE__ */ defineProvider({
  id: 'facebook',
  title: 'Facebook',
  docs: 'https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived',

  api: 'https://graph.facebook.com',
  token: {
    url: '/{apiVersion=v22.0}/oauth/access_token',
    method: 'GET',
    params: { grant_type: 'fb_exchange_token', client_id: '{clientId}', client_secret: '{clientSecret}' },
    errors: { code: 'error.code', message: 'error.message' },
  },
  grants: { fb_exchange_token: { repeatable: false, params: { fb_exchange_token: '{shortToken}' } } },
  renewal: {
    refreshToken: 'keeps',
    accessToken: 'lives',
    within: 604_800,
    params: { fb_exchange_token: '{token}' },
  },
  rejectedWhen: [{ status: 400, at: 'error.code', is: '190' }],
  errors: { code: 'error.code', message: 'error.message' },
})

import { defineProvider } from '../providers/define-provider.ts'

/**
 * Stripe Connect: the API on behalf of a connected account. The credential `clientSecret` is the secret API key of the platform.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const stripeConnect = /* @__PURE__ */ defineProvider({
  id: 'stripe-connect',
  title: 'Stripe Connect',
  docs: 'https://docs.stripe.com/connect/oauth-reference',

  api: 'https://api.stripe.com',
  token: { url: 'https://connect.stripe.com/oauth/token', params: { client_secret: '{clientSecret}' } },
  // In the authorization request alone.
  otherCredentials: ['clientId'],
  grants: {
    authorization_code: { repeatable: false, params: { grant_type: 'authorization_code', code: '{code}' } },
  },
  renewal: {
    refreshToken: 'unknown',
    accessToken: 'unknown',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
  authorize: {
    url: 'https://connect.stripe.com/oauth/authorize',
    params: {
      response_type: 'code',
      client_id: '{clientId}',
      redirect_uri: '{redirectUri?}',
      scope: '{scope?}',
      state: '{state}',
    },
  },
})

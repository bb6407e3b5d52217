import { defineProvider } from '../providers/define-provider.ts'

/**
 * Shopify: the Admin API of the shop `shop`, with offline tokens that expire. The `hmac` of the authorization response is the
 * application's to verify.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const shopify = /* @__PURE__ */ defineProvider({
  id: 'shopify',
  title: 'Shopify',
  docs: 'https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens',

  api: 'https://{shop}.myshopify.com',
  token: {
    url: '/admin/oauth/access_token',
    params: { client_id: '{clientId}', client_secret: '{clientSecret}' },
  },
  grants: {
    client_credentials: { params: { grant_type: 'client_credentials' } },
    authorization_code: { repeatable: false, params: { code: '{code}', expiring: 1 } },
  },
  renewal: {
    refreshToken: 'rotates',
    accessToken: 'unknown',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
  authorize: {
    url: '/admin/oauth/authorize',
    params: { client_id: '{clientId}', scope: '{scope?}', redirect_uri: '{redirectUri}', state: '{state}' },
  },
  placement: { header: 'X-Shopify-Access-Token', value: '{token}' },
  scopes: { separator: ',' },
})

import { defineProvider } from '../providers/define-provider.ts'

/**
 * QuickBooks Online, on behalf of a company, which the callback names: the API is below its path. The sandbox is the credential
 * `host: 'sandbox-quickbooks.api.intuit.com'`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const quickbooks = /* @__PURE__ */ defineProvider({
  id: 'quickbooks',
  title: 'QuickBooks Online',
  docs: 'https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0',
  api: 'https://{host=quickbooks.api.intuit.com}/v3/company/{realmId}',
  token: {
    url: 'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer',
    basic: ['{clientId}', '{clientSecret}'],
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
    url: 'https://appcenter.intuit.com/connect/oauth2',
    issuer: 'https://oauth.platform.intuit.com/op/v1',
    params: {
      response_type: 'code',
      client_id: '{clientId}',
      redirect_uri: '{redirectUri}',
      scope: '{scope}',
      state: '{state}',
    },
    callback: { keep: { realmId: 'realmId' } },
  },
})

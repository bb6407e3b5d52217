import { defineProvider } from '../providers/define-provider.ts'

/**
 * Amazon Selling Partner API: with the consent of a seller, or from the refresh token that it gave (`grant: 'refresh_token'`). The credential
 * `region` is `na`, `eu` or `fe`; `sellerCentral` is the host of the seller's marketplace, where the consent is asked for.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const amazonSpApi = /* @__PURE__ */ defineProvider({
  id: 'amazon-sp-api',
  title: 'Amazon Selling Partner API',
  docs: 'https://developer-docs.amazon.com/sp-api/docs/connecting-to-the-selling-partner-api',
  api: 'https://sellingpartnerapi-{region=na}.amazon.com',
  token: {
    url: 'https://api.amazon.com/auth/o2/token',
    params: { client_id: '{clientId}', client_secret: '{clientSecret}' },
  },
  // In the authorization request alone.
  otherCredentials: ['applicationId'],
  grants: {
    authorization_code: { repeatable: false, params: { grant_type: 'authorization_code', code: '{code}' } },
  },
  renewal: {
    refreshToken: 'keeps',
    accessToken: 'unknown',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
  authorize: {
    url: 'https://{sellerCentral=sellercentral.amazon.com}/apps/authorize/consent',
    params: {
      application_id: '{applicationId}',
      redirect_uri: '{redirectUri?}',
      state: '{state}',
      version: '{version?}',
    },
    callback: { code: 'spapi_oauth_code' },
  },
  placement: { header: 'x-amz-access-token', value: '{token}' },
})

import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Amazon Selling Partner API: from the refresh token that a seller's authorization gave; the credential `region` is `na`, `eu` or `fe`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const amazonSpApi = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://api.amazon.com/auth/o2/token',
    clientAuthentication: 'client_secret_post',
    grants: ['refresh_token'],
    api: 'https://sellingpartnerapi-{region=na}.amazon.com',
    placement: { header: 'x-amz-access-token', value: '{token}' },
  }),
  id: 'amazon-sp-api',
  title: 'Amazon Selling Partner API',
  docs: 'https://developer-docs.amazon.com/sp-api/docs/connecting-to-the-selling-partner-api',
})

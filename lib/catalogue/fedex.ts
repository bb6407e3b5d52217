import { defineProvider } from '../providers/define-provider.ts'

/**
 * FedEx. The sandbox is the credential `host: 'apis-sandbox.fedex.com'`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const fedex = /* @__PURE__ */ defineProvider({
  id: 'fedex',
  title: 'FedEx',
  docs: 'https://developer.fedex.com/api/en-us/catalog/authorization/docs.html',
  api: 'https://{host=apis.fedex.com}',
  token: {
    url: '/oauth/token',
    params: { client_id: '{clientId}', client_secret: '{clientSecret}' },
    errors: { code: ['error', 'errors.0.code'], message: ['error_description', 'errors.0.message'] },
  },
  grants: { client_credentials: { params: { grant_type: 'client_credentials' } } },
})

import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Amadeus for Developers. The test environment is the credential `host: 'test.api.amadeus.com'`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const amadeus = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://{host=api.amadeus.com}/v1/security/oauth2/token',
    clientAuthentication: 'client_secret_post',
    api: 'https://{host=api.amadeus.com}',
  }),
  id: 'amadeus',
  title: 'Amadeus for Developers',
  docs: 'https://developers.amadeus.com/self-service/apis-docs/guides/developer-guides/API-Keys/authorization/',
})

import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Okta's management API, as a service app: the credential `clientAssertion` is `privateKeyJwt({ key })`. `domain` is the organization's, such as
 * `acme.okta.com`. The app must not demand proof of possession (DPoP).
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const okta = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://{domain}/oauth2/v1/token',
    clientAuthentication: 'private_key_jwt',
    api: 'https://{domain}/api/v1',
  }),
  id: 'okta',
  title: 'Okta, as a service app',
  docs: 'https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/',
})

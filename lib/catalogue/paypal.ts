import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * PayPal: the REST APIs; the credential `host` is `api-m.sandbox.paypal.com` for the sandbox.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const paypal = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://{host=api-m.paypal.com}/v1/oauth2/token',
    clientAuthentication: 'client_secret_basic',
    api: 'https://{host=api-m.paypal.com}',
  }),
  id: 'paypal',
  title: 'PayPal',
  docs: 'https://developer.paypal.com/api/rest/authentication/',
})

import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Auth0, machine to machine. `domain` is the tenant's, such as `acme.eu.auth0.com`, or one of its own; `audience` is the identifier of the API.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const auth0 = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://{domain}/oauth/token',
    clientAuthentication: 'client_secret_post',
    audience: '{audience}',
  }),
  id: 'auth0',
  title: 'Auth0, machine to machine',
  docs: 'https://auth0.com/docs/get-started/authentication-and-authorization-flow/client-credentials-flow',
})

import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * X: the API on behalf of a person, by a confidential client. Refresh tokens come with the scope `offline.access`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const x = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    authorizationEndpoint: 'https://x.com/i/oauth2/authorize',
    tokenEndpoint: 'https://api.x.com/2/oauth2/token',
    clientAuthentication: 'client_secret_basic',
    grants: ['authorization_code'],
    api: 'https://api.x.com',
  }),
  id: 'x',
  title: 'X',
  docs: 'https://docs.x.com/resources/fundamentals/authentication/oauth-2-0/authorization-code',
})
